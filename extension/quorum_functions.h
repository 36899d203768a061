// SQL functions for transactions that more than one node decides:
//   murmel_consistency()                    at which level this connection commits: 'one', 'quorum' or 'all'
//   murmel_consistency(level[, timeout_ms]) chooses it; 'default' takes back the choice
//   murmel_transaction_consistency(level[, timeout_ms])
//                                           the same for the transaction that is running, and only for that
//   murmel_token([database])                where the last transaction stands that this connection committed;
//                                           NULL if there is none or no agent has been here
//   murmel_wait_for(token[, timeout_ms])    1 when the database has all of the token, an error (SQLITE_BUSY)
//   when
//                                           it has not in time
//   murmel_wait_for('quorum'[, timeout_ms]) the same for all that a majority had committed when it was asked
//   murmel_sees('quorum'[, timeout_ms[, hold_back_ms]])
//                                           within a transaction: 1 when what it sees is all that was decided
//                                           when it began, and nothing that was not; 0: something was on its
//                                           way, roll back and begin again. New transactions wait for
//                                           `hold_back_ms`
//   murmel_txn_status([id])                 'committed', 'aborted' or 'unknown': what has become of a
//   transaction;
//                                           without id of this connection's last one (NULL: there is none)
#pragma once

#include "extension/connection.h"

namespace murmel::extension {

int register_quorum_functions(sqlite3* db, Connection* connection) noexcept;

}  // namespace murmel::extension
