// Rows that incremental blob handles wrote into during the transaction. SQLite reports such a write as a
// delete of the old row and says nothing of the new one, so the row has to be read when the transaction
// commits.
#pragma once

#include "extension/memory.h"

namespace murmel::extension {

class BlobWrites {
 public:
  struct Row {
    char* table;  // owned
    std::int64_t rowid;
  };

  BlobWrites() = default;
  ~BlobWrites() { cut_back(0); }
  BlobWrites(const BlobWrites&) = delete;
  BlobWrites& operator=(const BlobWrites&) = delete;

  std::size_t size() const { return rows_.size(); }
  const Row& operator[](std::size_t i) const { return rows_[i]; }
  bool has(const char* table, std::int64_t rowid) const {
    for (const Row& row : rows_) {
      if (row.rowid == rowid && std::strcmp(row.table, table) == 0) return true;
    }
    return false;
  }
  // False when memory ran out.
  [[nodiscard]] bool add(const char* table, std::int64_t rowid) {
    Row row{strdup(table), rowid};
    if (row.table != nullptr && rows_.push(row)) return true;
    std::free(row.table);
    return false;
  }
  void cut_back(std::size_t size) {
    for (std::size_t i = size; i < rows_.size(); i++) std::free(rows_[i].table);
    rows_.shrink(size);
  }

 private:
  Vec<Row> rows_;
};

}  // namespace murmel::extension
