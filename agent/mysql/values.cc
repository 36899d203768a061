#include "agent/mysql/values.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "agent/mysql/times.h"

namespace murmel::mysql {
namespace {

// The exponents for which MySQL writes the digits out.
constexpr int kPlainExponentMin = -14;
constexpr int kPlainExponentMax = 14;

template <typename Number>
std::string printed(Number value) {
  if (!std::isfinite(value)) return value != value ? "nan" : value < 0 ? "-inf" : "inf";
  if (value == 0) return "0";
  std::array<char, 64> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific).ptr;
  const std::string_view all(text.data(), static_cast<std::size_t>(end - text.data()));
  const std::size_t at = all.find('e');
  int exponent = 0;
  const char* digits = all.data() + at + 1 + (all[at + 1] == '+' ? 1 : 0);
  std::from_chars(digits, end, exponent);
  if (exponent < kPlainExponentMin || exponent > kPlainExponentMax) {
    return std::string(all.substr(0, at + 1)) + std::to_string(exponent);
  }
  const auto plain =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  return {text.data(), static_cast<std::size_t>(plain - text.data())};
}

// The value as text, which lives in `space` if it is not text already.
std::string_view as_text(const Value& value, ColumnType type, std::string& space) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) space = std::to_string(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&value)) space = std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value)) {
    space = type == ColumnType::kFloat ? number_text(static_cast<float>(*number)) : number_text(*number);
  }
  return space;
}

template <typename Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size();
}

bool as_integer(const Value& value, std::uint64_t& bits) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    bits = static_cast<std::uint64_t>(*number);
    return true;
  }
  if (const auto* number = std::get_if<std::uint64_t>(&value)) {
    bits = *number;
    return true;
  }
  if (const auto* number = std::get_if<double>(&value)) {
    constexpr double kLimit = 9'223'372'036'854'775'807.0;
    if (!(*number >= -kLimit && *number < kLimit) || *number != std::trunc(*number)) return false;
    bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(*number));
    return true;
  }
  const auto* text = std::get_if<std::string_view>(&value);
  if (text == nullptr) return false;
  std::int64_t number = 0;
  if (!parse_whole(*text, number)) return parse_whole(*text, bits);
  bits = static_cast<std::uint64_t>(number);
  return true;
}

bool as_double(const Value& value, double& number) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) number = static_cast<double>(*integer);
  if (const auto* integer = std::get_if<std::uint64_t>(&value)) number = static_cast<double>(*integer);
  if (const auto* same = std::get_if<double>(&value)) number = *same;
  const auto* text = std::get_if<std::string_view>(&value);
  return text == nullptr || parse_whole(*text, number);
}

bool put_integer(std::string& out, const Value& value, int size, bool is_unsigned) {
  std::uint64_t bits = 0;
  if (!as_integer(value, bits)) return false;
  if (size < 8) {
    const auto number = static_cast<std::int64_t>(bits);
    const std::int64_t range = std::int64_t{1} << (8 * size);
    if (is_unsigned ? number < 0 || number >= range : number < -range / 2 || number >= range / 2)
      return false;
  }
  put_fixed(out, bits, size);
  return true;
}

template <typename Number, typename Bits>
bool put_floating(std::string& out, const Value& value) {
  double number = 0;
  if (!as_double(value, number)) return false;
  put_fixed(out, std::bit_cast<Bits>(static_cast<Number>(number)), sizeof(Bits));
  return true;
}

bool put_binary(std::string& out, const Column& column, const Value& value) {
  const bool is_unsigned = (column.flags & kUnsigned) != 0;
  std::string space;
  switch (column.type) {
    case ColumnType::kTiny: return put_integer(out, value, 1, is_unsigned);
    case ColumnType::kShort: return put_integer(out, value, 2, is_unsigned);
    case ColumnType::kYear: return put_integer(out, value, 2, true);
    case ColumnType::kLong:
    case ColumnType::kInt24: return put_integer(out, value, 4, is_unsigned);
    case ColumnType::kLongLong: return put_integer(out, value, 8, is_unsigned);
    case ColumnType::kFloat: return put_floating<float, std::uint32_t>(out, value);
    case ColumnType::kDouble: return put_floating<double, std::uint64_t>(out, value);
    case ColumnType::kDate:
    case ColumnType::kDatetime:
    case ColumnType::kTimestamp: return put_packed_date(out, as_text(value, column.type, space));
    case ColumnType::kTime: return put_packed_time(out, as_text(value, column.type, space));
    case ColumnType::kNull: return false;
    case ColumnType::kDecimal:
    case ColumnType::kVarchar:
    case ColumnType::kBit:
    case ColumnType::kJson:
    case ColumnType::kNewDecimal:
    case ColumnType::kEnum:
    case ColumnType::kSet:
    case ColumnType::kTinyBlob:
    case ColumnType::kMediumBlob:
    case ColumnType::kLongBlob:
    case ColumnType::kBlob:
    case ColumnType::kVarString:
    case ColumnType::kString:
    case ColumnType::kGeometry: put_lenenc_text(out, as_text(value, column.type, space)); return true;
  }
  return false;
}

template <typename Small, typename SmallUnsigned>
OwnedValue read_integer(Reader& reader, bool is_unsigned) {
  const std::uint64_t bits = reader.fixed(sizeof(Small));
  if (is_unsigned) return static_cast<std::uint64_t>(static_cast<SmallUnsigned>(bits));
  return static_cast<std::int64_t>(static_cast<Small>(static_cast<SmallUnsigned>(bits)));
}

}  // namespace

bool is_number(ColumnType type) {
  switch (type) {
    case ColumnType::kDecimal:
    case ColumnType::kTiny:
    case ColumnType::kShort:
    case ColumnType::kLong:
    case ColumnType::kFloat:
    case ColumnType::kDouble:
    case ColumnType::kLongLong:
    case ColumnType::kInt24:
    case ColumnType::kYear:
    case ColumnType::kNewDecimal: return true;
    case ColumnType::kNull:
    case ColumnType::kTimestamp:
    case ColumnType::kDate:
    case ColumnType::kTime:
    case ColumnType::kDatetime:
    case ColumnType::kVarchar:
    case ColumnType::kBit:
    case ColumnType::kJson:
    case ColumnType::kEnum:
    case ColumnType::kSet:
    case ColumnType::kTinyBlob:
    case ColumnType::kMediumBlob:
    case ColumnType::kLongBlob:
    case ColumnType::kBlob:
    case ColumnType::kVarString:
    case ColumnType::kString:
    case ColumnType::kGeometry: return false;
  }
  return false;
}

std::optional<std::string_view> text_of(const Column& column, const Value& value, std::string& space) {
  if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
  return as_text(value, column.type, space);
}

std::string number_text(double value) {
  return printed(value);
}
std::string number_text(float value) {
  return printed(value);
}

void put_column(std::string& out, const Column& column) {
  constexpr std::uint64_t kFixedBytes = 12;
  put_lenenc_text(out, "def");
  put_lenenc_text(out, column.database);
  put_lenenc_text(out, column.table);
  put_lenenc_text(out, column.original_table);
  put_lenenc_text(out, column.name);
  put_lenenc_text(out, column.original_name);
  put_lenenc(out, kFixedBytes);
  put_fixed(out, column.collation, 2);
  put_fixed(out, column.length, 4);
  put_fixed(out, static_cast<std::uint8_t>(column.type), 1);
  put_fixed(out, column.flags, 2);
  put_fixed(out, column.decimals, 1);
  put_fixed(out, 0, 2);
}

void put_text_row(std::string& out, std::span<const Column> columns, std::span<const Value> row) {
  std::string space;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (std::holds_alternative<std::monostate>(row[i])) {
      out.push_back(kNullInRow);
    } else {
      put_lenenc_text(out, as_text(row[i], columns[i].type, space));
    }
  }
}

bool put_binary_row(std::string& out, std::span<const Column> columns, std::span<const Value> row) {
  constexpr std::size_t kBitmapOffset = 2;
  out.push_back('\0');
  const std::size_t bitmap = out.size();
  out.append((row.size() + 7 + kBitmapOffset) / 8, '\0');
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (std::holds_alternative<std::monostate>(row[i])) {
      char& bits = out[bitmap + (i + kBitmapOffset) / 8];
      bits = static_cast<char>(bits | 1 << ((i + kBitmapOffset) % 8));
    } else if (!put_binary(out, columns[i], row[i])) {
      return false;
    }
  }
  return true;
}

OwnedValue read_parameter(Reader& reader, ColumnType type, bool is_unsigned) {
  switch (type) {
    case ColumnType::kNull: return {};
    case ColumnType::kTiny: return read_integer<std::int8_t, std::uint8_t>(reader, is_unsigned);
    case ColumnType::kShort:
    case ColumnType::kYear: return read_integer<std::int16_t, std::uint16_t>(reader, is_unsigned);
    case ColumnType::kLong:
    case ColumnType::kInt24: return read_integer<std::int32_t, std::uint32_t>(reader, is_unsigned);
    case ColumnType::kLongLong: return read_integer<std::int64_t, std::uint64_t>(reader, is_unsigned);
    case ColumnType::kFloat: return static_cast<double>(std::bit_cast<float>(reader.u32()));
    case ColumnType::kDouble: return std::bit_cast<double>(reader.fixed(8));
    case ColumnType::kDate:
    case ColumnType::kDatetime:
    case ColumnType::kTimestamp: return read_packed_date(reader, type == ColumnType::kDate);
    case ColumnType::kTime: return read_packed_time(reader);
    case ColumnType::kDecimal:
    case ColumnType::kVarchar:
    case ColumnType::kBit:
    case ColumnType::kJson:
    case ColumnType::kNewDecimal:
    case ColumnType::kEnum:
    case ColumnType::kSet:
    case ColumnType::kTinyBlob:
    case ColumnType::kMediumBlob:
    case ColumnType::kLongBlob:
    case ColumnType::kBlob:
    case ColumnType::kVarString:
    case ColumnType::kString:
    case ColumnType::kGeometry: return std::string(reader.lenenc_text());
  }
  reader.fail();
  return {};
}

}  // namespace murmel::mysql
