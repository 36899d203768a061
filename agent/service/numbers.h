// Numbers: what this node's sessions give to AUTO_INCREMENT columns, so that no other node gives the same and
// the rows of one INSERT follow each other. BIGINT: by the node's place (session/ids.h), which is claimed
// once in its life. Narrower ones: from ranges that it claims as it needs them, each twice as large as the
// one before (1,024 to 8 million for INT), half a range ahead; both at a quorum, in the accounts' database.
//
//   session: next() ──► the table's ranges ──► number
//                          │ no room: claim in the database kAccountsName, decided by a majority
//
// Without a majority what the node has left of its ranges is given; then 1467. Any thread; next() and what
// writes wait for the disk and other nodes (seconds at most).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/base/ids.h"
#include "agent/mysql/errors.h"
#include "agent/service/number_table.h"
#include "agent/session/ids.h"
#include "agent/session/number_ranges.h"

namespace murmel::service {

class Numbers {
 public:
  // `path`: of the accounts' database.
  Numbers(std::string path, NodeId node, session::Ids::Layout layout);

  // A column that is narrower than BIGINT.
  struct Column {
    NumberedTable table;
    std::int64_t version = 0;  // of the schema: numbers given to a table of an earlier one do not count
    std::int64_t most = 0;     // that it holds
  };
  using Greatest = session::NumberRanges::Greatest;
  // As many of the `wanted` as follow each other. Errors: 1467.
  mysql::Answer<session::NumberRun> next(const Column& column, std::int64_t wanted, const Greatest& greatest);
  mysql::Answer<session::NumberRun> next_wide(std::int64_t wanted);

  // The table is empty, or another one.
  void forget(const NumberedTable& table);
  // AUTO_INCREMENT = floor + 1; 0: as for a new table. Other nodes go on in the ranges that they have.
  mysql::Answer<std::monostate> set_floor(const NumberedTable& table, std::int64_t floor);
  // Of a database, by table in lower case; none if they can't be read.
  std::map<std::string, std::int64_t> floors(const std::string& database) const;
  // What was claimed of its tables is nobody's any more.
  mysql::Answer<std::monostate> drop_database(const std::string& id);
  // Before a table is renamed.
  mysql::Answer<std::monostate> carry(const NumberedTable& from, const std::string& to);

  // Who is in the cluster.
  void set_members(std::vector<NodeId> members);
  // Reads the places, and claims one if this node has none yet. Errors: 1467.
  mysql::Answer<std::monostate> place();
  bool is_placed() const { return placed_; }
  // Others have taken places, maybe.
  void count_places();

 private:
  struct Entry {
    std::mutex mutex;
    bool read = false;
    std::int64_t version = 0;
    std::int64_t claimed = 0;
    session::NumberRanges ranges;
    std::chrono::steady_clock::time_point ahead_again;  // when to claim ahead again after that has failed
  };

  std::shared_ptr<Entry> entry(const NumberedTable& table);
  // Of an entry whose mutex is held: what the tables have of it.
  using Read = std::function<Written(ClientDatabase&)>;
  Read reader(const NumberedTable& table, Entry& entry) const;
  mysql::Answer<std::monostate> look(const Read& read) const;
  Read reader(NumberPlaces& places) const;
  // In a transaction that a majority decides; `then` reads what came of it, or of those of others.
  mysql::Answer<std::monostate> write(const SystemEdit& edit, const Read& then) const;
  mysql::Answer<std::monostate> claim(const Column& column, std::int64_t wanted, std::int64_t behind,
                                      Entry& entry) const;
  void claim_ahead(const Column& column, Entry& entry) const;
  const std::string path_;
  const NodeId node_;
  session::Ids wide_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Entry>> entries_;  // guarded by mutex_
  std::vector<NodeId> members_;                                                    // guarded by mutex_
  std::mutex placing_;
  std::atomic<bool> placed_ = false;
};

}  // namespace murmel::service
