// Reads all rows of one table one by one, each with what identifies it, a hash of all its values and the
// bucket it falls into: how two nodes find the rows in which they differ without sending all of them.
//
// A row with a key falls by its key, so that it stays in its bucket whatever becomes of its other values; one
// without by all its values. Nodes with the same schema agree. Belongs to the connection's thread; runs in
// the caller's transaction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/core/versions.h"
#include "agent/store/connection.h"
#include "agent/store/row_hash.h"
#include "agent/store/row_key.h"
#include "agent/store/table_layout.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {

inline constexpr std::size_t kBuckets = 1'024;

// What identifies a row, and how it reads.
struct RowIdentity {
  core::RowKey id;     // of its key, or of all its values
  bool keyed = false;  // else there may be several equal ones
  RowHash hash{};
  std::size_t bucket() const { return static_cast<std::size_t>(id.low % kBuckets); }
};

class RowIdentifier {
 public:
  explicit RowIdentifier(const wire::Table& table) : keys_(table) {}
  RowIdentity of(std::span<const wire::Value> image);

 private:
  RowKeyHasher keys_;
  RowHasher values_;
};

class TableScan {
 public:
  // kNotFound: no such table. kInvalid: one whose rows can't be told apart by this (a virtual table).
  static Result<TableScan> open(Connection& connection, std::string_view table);

  const wire::Table& table() const { return layout_->table(); }
  Result<bool> next();
  std::span<const wire::Value> image() const { return image_; }  // until next()
  std::size_t bytes() const;                                     // of the image, about
  const RowIdentity& identity() const { return identity_; }

 private:
  TableScan(std::unique_ptr<TableLayout> layout, Statement select);

  std::unique_ptr<TableLayout> layout_;
  Statement select_;
  RowIdentifier identifier_;
  std::vector<wire::Value> image_;
  RowIdentity identity_;
};

}  // namespace murmel::store
