// What a column stores: literals that plainly fit stay as they are, everything else is converted at run time.
#include <algorithm>
#include <charconv>
#include <string>

#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

struct Range {
  std::int64_t low;
  std::int64_t high;
};

bool range_of(const Type& type, Range& range) {
  int bits = 0;
  if (type.kind == TypeKind::kTinyInt) bits = 8;
  if (type.kind == TypeKind::kSmallInt) bits = 16;
  if (type.kind == TypeKind::kMediumInt) bits = 24;
  if (type.kind == TypeKind::kInt) bits = 32;
  if (type.kind == TypeKind::kBigInt) bits = 64;
  if (bits == 0) return false;
  if (bits == 64) {
    range = {type.is_unsigned ? 0 : INT64_MIN, INT64_MAX};
  } else if (type.is_unsigned) {
    range = {0, (std::int64_t{1} << bits) - 1};
  } else {
    range = {-(std::int64_t{1} << (bits - 1)), (std::int64_t{1} << (bits - 1)) - 1};
  }
  return true;
}

bool literal_integer(const Node* node, std::int64_t& value) {
  const bool negative = node->kind == Kind::kUnary && node->op == Op::kNeg;
  const Node* const digits = negative ? node->kid(0) : node;
  if (node->kind == Kind::kTrue || node->kind == Kind::kFalse) {
    value = node->kind == Kind::kTrue ? 1 : 0;
    return true;
  }
  if (digits->kind != Kind::kInteger) return false;
  const auto end = digits->text.data() + digits->text.size();
  if (std::from_chars(digits->text.data(), end, value).ec != std::errc()) return false;
  if (negative) value = -value;
  return true;
}

bool fits_text(const Type& type, std::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return c > 0; });
  if (!ascii) return false;
  if (type.kind == TypeKind::kChar) return text.size() <= type.length && (text.empty() || text.back() != ' ');
  if (type.kind == TypeKind::kVarChar) return text.size() <= type.length;
  if (type.kind == TypeKind::kTinyText) return text.size() <= 255;
  return text.size() <= 65535 && (type.kind == TypeKind::kText || type.kind == TypeKind::kMediumText ||
                                  type.kind == TypeKind::kLongText);
}

bool fits(const ColumnInfo& column, const Node* value, bool& out_of_range) {
  const Type& type = column.type;
  if (value->kind == Kind::kNull) return true;
  Range range{};
  std::int64_t number = 0;
  if (range_of(type, range) && literal_integer(value, number)) {
    out_of_range = number < range.low || number > range.high;
    return !out_of_range;
  }
  if (value->kind == Kind::kString && value->qualifier.empty() && is_text(type.kind)) {
    if (type.members.empty()) return fits_text(type, value->text);
    return type.kind == TypeKind::kEnum &&
           std::find(type.members.begin(), type.members.end(), value->text) != type.members.end();
  }
  if (value->kind == Kind::kBlob && is_binary(type.kind) && type.kind != TypeKind::kBinary) {
    const std::size_t limit = type.kind == TypeKind::kVarBinary  ? type.length
                              : type.kind == TypeKind::kTinyBlob ? 255
                                                                 : 65535;
    return value->text.size() <= limit;
  }
  if (value->kind == Kind::kDouble)
    return type.kind == TypeKind::kDouble && !type.is_unsigned && !type.has_length;
  if (type.kind == TypeKind::kDouble && !type.is_unsigned && !type.has_length)
    return literal_integer(value, number) && number < (1LL << 53) && number > -(1LL << 53);
  return false;
}

// Which characters the column can have, where that is not all of them.
std::string charset_text(const Type& type) {
  for (const char* const charset : {"latin1", "ascii"}) {
    if (type.collation.starts_with(std::string(charset) + "_"))
      return std::string(" character set ") + charset;
  }
  return {};
}

}  // namespace

Node* convert_for_column(const ColumnInfo& column, Node* value, std::uint32_t row, bool strict,
                         Context& context) {
  bool out_of_range = false;
  if (fits(column, value, out_of_range)) return value;
  if (out_of_range && strict && row != 0) {
    context.fail(1264, "22003",
                 "Out of range value for column '" + column.name + "' at row " + std::to_string(row));
  }
  const auto text = [&](std::string_view view) {
    return new_node(context.arena, Kind::kString, {}, context.arena.copy(view));
  };
  Node* const number = new_node(context.arena, Kind::kInteger, {}, context.arena.copy(std::to_string(row)));
  Node* const result =
      new_node(context.arena, Kind::kCall,
               {value, text(type_text(column.type) + charset_text(column.type)), text(column.name), number},
               "mysql_assign");
  result->type = &column.type;
  return result;
}

}  // namespace murmel::sql
