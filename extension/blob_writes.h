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
    bool open;  // false: the new image has been taken, because the row was about to change again
  };

  BlobWrites() = default;
  ~BlobWrites() { cut_back(0); }
  BlobWrites(const BlobWrites&) = delete;
  BlobWrites& operator=(const BlobWrites&) = delete;

  std::size_t size() const { return rows_.size(); }
  const Row& operator[](std::size_t i) const { return rows_[i]; }
  // Whether the new image of this row has still to be taken.
  bool is_open(const char* table, std::int64_t rowid) const {
    for (std::size_t i = rows_.size(); i-- > 0;) {
      const Row& row = rows_[i];
      if (row.rowid == rowid && std::strcmp(row.table, table) == 0) return row.open;
    }
    return false;
  }
  // Whether entry `i` is the one that says so.
  bool is_last_open(std::size_t i) const {
    for (std::size_t j = i + 1; j < rows_.size(); j++) {
      if (rows_[j].rowid == rows_[i].rowid && std::strcmp(rows_[j].table, rows_[i].table) == 0) return false;
    }
    return rows_[i].open;
  }
  // Notes that it was opened or closed; nothing noted before is changed, so a savepoint can cut it back.
  // False when memory ran out.
  [[nodiscard]] bool note(const char* table, std::int64_t rowid, bool open) {
    Row row{strdup(table), rowid, open};
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
