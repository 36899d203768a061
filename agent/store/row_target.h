// How the rows of one table description are written here. Each sort of table has its own way: tables with a
// key (keyed_target.h), without one (keyless_target.h), full-text indexes (a key of their own), and tables
// that are filtered or not here at all (skipped). Belongs to the applier of one database.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/base/result.h"
#include "agent/core/bag_ledger.h"
#include "agent/core/versions.h"
#include "agent/store/conflict_log.h"
#include "agent/store/connection.h"
#include "agent/store/staged_versions.h"
#include "agent/store/types.h"
#include "agent/wire/row_reader.h"
#include "agent/wire/row_writer.h"

namespace murmel::store {

// Of the table in which a full-text index keeps its rows.
constexpr std::string_view kContentSuffix = "_content";

// Rows that lost a UNIQUE collision here. They are deleted by a change set of this node, so that every node
// deletes them.
class OwnDeletes {
 public:
  void add(const wire::Table& table, std::span<const wire::Value> image, const core::RowKey& key);
  // The transaction has written the row after all.
  void cancel(const core::RowKey& key);
  bool empty() const { return places_.empty(); }
  void clear();
  // Of the change set; the keys need its version.
  std::string payload() const;
  std::vector<core::RowKey> keys() const;

 private:
  struct Delete {
    core::RowKey key;
    std::string payload;  // of this row alone; empty: cancelled
  };
  std::vector<Delete> deletes_;
  std::unordered_map<core::RowKey, std::size_t, core::RowKeyHash> places_;
};

// The change set that is being applied, and where its consequences go.
//
// One of a session of this node (`local`) was made on a snapshot, and none of its rows has been changed
// since: that was looked at before. It is written as it is, or not at all: what is in the way is kConflict.
struct RowContext {
  core::RowVersion author;
  const core::VersionVector& seen;  // what the author had seen
  StagedVersions& versions;
  ConflictLog& conflicts;
  OwnDeletes& own_deletes;
  ApplyReport& report;
  core::BagLedger& bags;
  std::vector<core::BagLedger::Change>& bag_changes;
  bool local = false;
  std::uint32_t row = 0;  // which one of the change set it is, counted from 0
};

class RowTarget {
 public:
  virtual ~RowTarget() = default;
  virtual Status apply(const wire::RowChange& row, RowContext& context) = 0;
};

// The way to write rows so described into this database. kInvalid: a table of that name is here, but its key
// is another one.
Result<std::unique_ptr<RowTarget>> make_row_target(Connection& connection, const wire::Table& table);

// Counts the row as filtered and writes nothing.
std::unique_ptr<RowTarget> make_skipping_target();

}  // namespace murmel::store
