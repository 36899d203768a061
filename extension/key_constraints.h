// The UNIQUE indexes and foreign keys of a database as a commit request lists them (schemas/commit_socket.h):
// the agent makes claims of them. Read again when the schema has changed. Indexes of the primary key are left
// out, as the row's own key stands for them, unless a collation makes keys equal that a row stream tells
// apart. Belongs to one connection.
#pragma once

#include "extension/fault.h"
#include "extension/memory.h"

namespace murmel::extension {

class KeyConstraints {
 public:
  // As of this schema cookie. SQLITE_OK or the code in `fault`.
  int refresh(sqlite3* db, const char* schema, std::int64_t cookie, Fault& fault) noexcept;
  // u32 count, then the indexes.
  const Vec<std::uint8_t>& indexes() const { return indexes_; }
  // u32 count, then the foreign keys.
  const Vec<std::uint8_t>& foreign_keys() const { return foreign_keys_; }

 private:
  int read_indexes(sqlite3* db, const char* schema, Fault& fault) noexcept;
  int read_table(sqlite3* db, const char* schema, const char* table, Fault& fault) noexcept;
  struct Index {
    const char* name;
    bool partial;
    bool of_key;
  };
  int read_index(sqlite3* db, const char* schema, const char* table, const Index& index,
                 Fault& fault) noexcept;

  Vec<std::uint8_t> indexes_;
  std::uint32_t count_ = 0;  // of them
  Vec<std::uint8_t> foreign_keys_;
  std::int64_t cookie_ = -1;
};

}  // namespace murmel::extension
