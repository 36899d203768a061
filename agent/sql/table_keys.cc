#include "agent/sql/table_keys.h"

#include <algorithm>
#include <tuple>

#include "agent/sql/resolve.h"

namespace murmel::sql {

std::uint32_t longest(const Type& type) {
  const bool lengthed = type.kind == TypeKind::kChar || type.kind == TypeKind::kVarChar ||
                        type.kind == TypeKind::kBinary || type.kind == TypeKind::kVarBinary;
  return lengthed ? std::max<std::uint32_t>(type.length, 1) : 0;
}

bool covers(const Type& type, std::uint32_t length) {
  constexpr std::uint32_t kTinyBytesMax = 255;
  const bool tiny = type.kind == TypeKind::kTinyText || type.kind == TypeKind::kTinyBlob;
  return length == 0 || (tiny && length >= kTinyBytesMax) || (longest(type) != 0 && length >= longest(type));
}

bool has_prefixes(const Type& type) {
  const bool words = type.kind == TypeKind::kEnum || type.kind == TypeKind::kSet;
  return (is_text(type.kind) && !words) || is_binary(type.kind);
}

std::string unique_value(std::string_view column, std::uint32_t length) {
  if (length == 0) return std::string(column);
  return "substr(" + std::string(column) + ", 1, " + std::to_string(length) + ")";
}

void sort_keys(TableInfo& table) {
  const auto place = [&table](const IndexInfo& index) {
    bool null = false;
    bool prefix = false;
    for (std::size_t i = 0; index.unique && i < index.columns.size(); ++i) {
      for (const ColumnInfo& column : table.columns) {
        if (!same_name(column.name, index.columns[i])) continue;
        null = null || !column.not_null;
        prefix = prefix || !covers(column.type, index.lengths[i]);
      }
    }
    return std::tuple(index.name != "PRIMARY", !index.unique, null, prefix, index.full_text);
  };
  std::stable_sort(table.indexes.begin(), table.indexes.end(),
                   [&](const IndexInfo& a, const IndexInfo& b) { return place(a) < place(b); });
}

}  // namespace murmel::sql
