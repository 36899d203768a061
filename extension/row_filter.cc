#include "extension/row_filter.h"

#include "extension/varint.h"
#include "schemas/row_stream.h"

namespace murmel::extension {

// Reads forward; past the end everything is zero and `ok` false.
struct RowFilter::Input {
  const std::uint8_t* at;
  const std::uint8_t* end;
  bool ok = true;

  void skip(std::uint64_t n) {
    ok = ok && n <= static_cast<std::uint64_t>(end - at);
    at = ok ? at + n : end;
  }
  std::uint8_t byte() {
    const std::uint8_t* const here = at;
    skip(1);
    return ok ? *here : 0;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t part = byte();
      value |= std::uint64_t{part & 0x7FU} << shift;
      if ((part & 0x80U) == 0) return value;
    }
    ok = false;
    return 0;
  }
  void skip_text() { skip(varint()); }
};

bool RowFilter::read_table(Input& in, bool renamed, Fault& fault) {
  const std::uint8_t* const description = in.at;
  const std::uint64_t length = in.varint();
  const char* const name = reinterpret_cast<const char*>(in.at);
  in.skip(length);
  const std::uint8_t flags = in.byte();
  const std::uint64_t columns = in.varint();
  for (std::uint64_t i = 0; in.ok && i < columns; i++) {
    in.skip_text();
    in.skip(2);  // place in the key, collation
  }
  if (renamed) in.skip_text();
  Text text;
  if (!in.ok) return false;
  if (!text.assign(name, length)) {
    fault.fail(SQLITE_NOMEM, "out of memory");
    return false;
  }
  const auto n = static_cast<std::size_t>(in.at - description);
  const bool kept = keeps_(context_, text.c_str(), description, n, fault);
  return !fault.set() && tables_.push({kept, (flags & row_stream::kHasRowid) != 0, columns});
}

bool RowFilter::skip_values(Input& in, std::size_t n) {
  for (std::size_t i = 0; in.ok && i < n; i++) {
    switch (in.byte()) {
      case row_stream::kNull:
      case row_stream::kSame: break;
      case row_stream::kInt8: in.skip(1); break;
      case row_stream::kInt16: in.skip(2); break;
      case row_stream::kInt32: in.skip(4); break;
      case row_stream::kInt64:
      case row_stream::kReal: in.skip(8); break;
      case row_stream::kText:
      case row_stream::kBlob: in.skip_text(); break;
      default: in.ok = false;
    }
  }
  return in.ok;
}

// Descriptions go into the item of the row behind them, so that no new chunk begins between the two.
bool RowFilter::write(const std::uint8_t* row, std::size_t n, ChangeBuffer& out, Fault& fault) {
  if (!out.begin_item(fault)) return false;
  std::uint8_t* at = out.room(descriptions_.size() + n);
  if (at == nullptr) {
    fault.fail(SQLITE_NOMEM, "out of memory");
    return false;
  }
  if (!descriptions_.empty()) std::memcpy(at, descriptions_.data(), descriptions_.size());
  std::memcpy(at + descriptions_.size(), row, n);
  out.written(at + descriptions_.size() + n);
  descriptions_.clear();
  return true;
}

int RowFilter::copy(const std::uint8_t* payload, std::size_t n, ChangeBuffer& out, Fault& fault) {
  Input in{payload, payload + n};
  tables_.clear();
  descriptions_.clear();
  in.skip(1);  // version
  while (in.ok && in.at < in.end) {
    const std::uint8_t* const item = in.at;
    const std::uint8_t op = in.byte();
    const std::uint64_t index = in.varint();
    const bool renamed = op == row_stream::kRenamedTable;
    if (op == row_stream::kTable || renamed) {
      in.ok = in.ok && index == tables_.size() && read_table(in, renamed, fault);
      const auto bytes = static_cast<std::size_t>(in.at - item);
      if (in.ok && tables_.back().kept) in.ok = descriptions_.append(item, bytes);
      continue;
    }
    const bool row = op == row_stream::kInsert || op == row_stream::kUpdate || op == row_stream::kDelete;
    if (!row || index >= tables_.size()) {
      in.ok = false;
      break;
    }
    const Table& table = tables_[index];
    if (table.rowid) in.skip(sizeof(std::int64_t));
    skip_values(in, op == row_stream::kUpdate ? 2 * table.columns : table.columns);
    if (!in.ok || !table.kept) continue;
    in.ok = write(item, static_cast<std::size_t>(in.at - item), out, fault);
  }
  out.close_chunk();
  if (in.ok || fault.set()) return fault.set() ? fault.code : SQLITE_OK;
  return fault.fail(SQLITE_INTERNAL, "a captured row can't be read back");
}

}  // namespace murmel::extension
