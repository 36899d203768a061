// Whose AUTO_INCREMENT numbers are whose, as tables of the replicated database kAccountsName. A column that
// is narrower than BIGINT has its numbers parted into ranges, each of one node; for BIGINT each node has a
// place (session/ids.h). Written in transactions that a majority decides (system_write.h), so that of two
// nodes that want the same one has it and the other reads again. For the thread that owns the connection.
//
//   number_tables  db (id), tbl, claimed: up to where numbers are somebody's, floor: none is given up to
//   there number_ranges  db, tbl, first, last, node number_places  place, node
//
// A dropped table keeps its ranges for another one of its name; a dropped database has an id that no other
// one will have.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/ids.h"
#include "agent/service/system_write.h"
#include "agent/session/number_ranges.h"

namespace murmel::service {

struct NumberedTable {
  std::string database;  // id
  std::string table;     // lower case
};

struct TableNumbers {
  std::int64_t claimed = 0;
  std::int64_t floor = 0;
  std::vector<session::NumberRanges::Range> ranges;  // of the node that asks, in order
};
ClientResult<TableNumbers> read_numbers(ClientDatabase& database, const NumberedTable& table, NodeId node);

// What a node wants.
struct NumberClaim {
  NodeId node;
  std::int64_t behind = 0;    // a number that is in the table; the range begins above it
  std::int64_t size = 0;      // as many
  std::int64_t most = 0;      // that the column holds
  std::int64_t expected = 0;  // `claimed` as it knows it; nothing is claimed if it is more
};
// Within a transaction. False: nothing was claimed, since others have claimed meanwhile, or none are left.
ClientResult<bool> claim_numbers(ClientDatabase& database, const NumberedTable& table,
                                 const NumberClaim& claim);
// Within a transaction: AUTO_INCREMENT = floor + 1. False: it is so already.
ClientResult<bool> write_floor(ClientDatabase& database, const NumberedTable& table, std::int64_t floor);
// Of a database's tables that have one.
ClientResult<std::map<std::string, std::int64_t>> read_floors(ClientDatabase& database,
                                                              const std::string& id);
// Within a transaction, before `from` is called `to`: what was claimed of the one is claimed of the other.
// False: nothing was.
ClientResult<bool> carry_numbers(ClientDatabase& database, const NumberedTable& from, const std::string& to);

// Within a transaction: a database that is gone. False: it has claimed nothing.
ClientResult<bool> drop_numbers(ClientDatabase& database, const std::string& id);

struct NumberPlaces {
  std::optional<std::int64_t> own;
  std::int64_t count = 0;  // the greatest + 1
};
ClientResult<NumberPlaces> read_places(ClientDatabase& database, NodeId node);
// Within a transaction: the least that nobody has; else that of a node which is not among the `members` any
// more. False: `node` has one, or all `most` are taken.
ClientResult<bool> claim_place(ClientDatabase& database, NodeId node, const std::vector<NodeId>& members,
                               std::int64_t most);

}  // namespace murmel::service
