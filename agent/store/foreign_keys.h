// ForeignKeys: whether a transaction that was made on a snapshot leaves children without a parent in what the
// database holds now: others may have taken a parent away, or added a child, since. What the session itself
// did was checked by SQLite when it did it, and its cascades are rows of the transaction.
//
// Of each row the values of its foreign keys are looked at: no child may have them unless a parent has. Reads
// the schema when it has changed; otherwise nothing is kept. Belongs to the database's thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/store/connection.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {

class ForeignKeys {
 public:
  explicit ForeignKeys(Connection& connection) : connection_(connection) {}

  // kConflict: the rows of this row stream, which are written, break a foreign key.
  Status check(ByteView rows, std::int64_t schema_version);

 private:
  // One foreign key: columns of one side in the order of the other's.
  struct Key {
    std::string child;
    std::string parent;
    std::vector<std::string> child_columns;
    std::vector<std::string> parent_columns;
    Statement broken;
  };

  Status load(std::int64_t schema_version);
  Status add_keys(const std::string& child);
  Result<std::vector<std::string>> primary_key(const std::string& table);
  Status check_row(const wire::RowChange& row);
  Status check_values(Key& key, const wire::Table& table, const std::vector<std::string>& columns,
                      std::span<const wire::Value> image);

  Connection& connection_;
  std::int64_t schema_version_ = -1;
  std::vector<std::unique_ptr<Key>> keys_;
  // By folded name of the table.
  std::map<std::string, std::vector<Key*>> as_child_;
  std::map<std::string, std::vector<Key*>> as_parent_;
};

}  // namespace murmel::store
