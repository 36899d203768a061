// Reading and writing our own tables in the replicated database kAccountsName, in transactions that a
// majority decides. For the thread that owns the connection; all of it waits for the disk, and writing for
// other nodes.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/store/client_database.h"

namespace murmel::service {

using store::ClientDatabase;
using store::ClientFault;
using store::ClientResult;
using store::ClientStatement;
using store::ClientValue;
using Written = ClientResult<std::monostate>;
inline constexpr std::monostate kWritten;

inline constexpr int kSystemLockWaitMs = 5'000;

// Of the row that `statement` stands at; another type: nothing, or 0.
std::string text_at(const ClientStatement& statement, int column);
std::int64_t number_at(const ClientStatement& statement, int column);
// `take` is called on each row of the answer.
Written each_row(ClientDatabase& database, std::string_view sql, const std::vector<ClientValue>& values,
                 const std::function<void(const ClientStatement&)>& take);
Written run_with(ClientDatabase& database, std::string_view sql, const std::vector<ClientValue>& values);
ClientResult<bool> has_table(ClientDatabase& database, std::string_view name);

// Nobody has committed it; it may go better again.
bool is_busy(const ClientFault& fault);
// As far as can be told without asking again: no majority was in reach.
bool is_alone(const ClientFault& fault);

// A connection whose transactions a majority decides. Errors: as of ClientDatabase, in words.
Result<std::unique_ptr<ClientDatabase>> open_at_quorum(const std::string& path);
// What is in `edit` as one transaction; it is committed where `edit` answers true, else rolled back. Nothing:
// that is done.
using SystemEdit = std::function<ClientResult<bool>(ClientDatabase&)>;
std::optional<ClientFault> write_once(ClientDatabase& database, const SystemEdit& edit);
// Again and again as long as it is busy.
struct Patience {
  std::chrono::milliseconds all;    // to try it again
  std::chrono::milliseconds alone;  // the same, without a majority
  std::chrono::milliseconds pause;  // between two attempts
};
std::optional<ClientFault> write_in_time(ClientDatabase& database, const SystemEdit& edit, Patience patience);

}  // namespace murmel::service
