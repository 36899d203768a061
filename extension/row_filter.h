// Copies the rows of some tables from one payload (schemas/row_stream.h) to another. For the extension's own
// payloads, as they are in a ChangeBuffer. Not thread-safe.
#pragma once

#include "extension/change_buffer.h"

namespace murmel::extension {

class RowFilter {
 public:
  // Whether the rows of this table are to stay. `description`: as TableInfo's. A failure goes into `fault`.
  using Keeps = bool (*)(void* context, const char* table, const std::uint8_t* description, std::size_t n,
                         Fault& fault);

  RowFilter(Keeps keeps, void* context) : keeps_(keeps), context_(context) {}
  RowFilter(const RowFilter&) = delete;
  RowFilter& operator=(const RowFilter&) = delete;

  // What stays becomes a chunk of `out`; none if that is nothing. SQLITE_OK or the code in `fault`.
  int copy(const std::uint8_t* payload, std::size_t n, ChangeBuffer& out, Fault& fault);

 private:
  struct Input;
  struct Table {
    bool kept;
    bool rowid;
    std::size_t columns;
  };
  bool read_table(Input& in, bool renamed, Fault& fault);
  bool skip_values(Input& in, std::size_t n);
  bool write(const std::uint8_t* row, std::size_t n, ChangeBuffer& out, Fault& fault);

  Keeps keeps_;
  void* context_;
  Vec<Table> tables_;               // of this payload, by index
  Vec<std::uint8_t> descriptions_;  // items that have to stand before the next row
};

}  // namespace murmel::extension
