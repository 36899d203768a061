#include <doctest/doctest.h>

#include "tests/unit/mysql/client.h"

using namespace murmel::mysql;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

Column of(ColumnType type, std::uint16_t flags = 0) {
  Column column;
  column.type = type;
  column.flags = flags;
  return column;
}

// The bytes of one value in a binary row, behind header and bitmap.
std::optional<std::string> binary(const Column& column, const Value& value) {
  std::string out;
  if (!put_binary_row(out, {&column, 1}, {&value, 1})) return std::nullopt;
  return out.substr(2);
}

}  // namespace

TEST_CASE("Numbers are printed as MySQL prints them") {
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(-2.5) == "-2.5");
  CHECK(number_text(100.0) == "100");
  CHECK(number_text(1e14) == "100000000000000");
  CHECK(number_text(1e15) == "1e15");
  CHECK(number_text(1.5e300) == "1.5e300");
  CHECK(number_text(0.00001) == "0.00001");
  CHECK(number_text(1e-15) == "1e-15");
  CHECK(number_text(0.1F) == "0.1");
  CHECK(number_text(-0.0) == "0");
}

TEST_CASE("Values in binary rows have the size and sign of their column") {
  CHECK(binary(of(ColumnType::kTiny), Value(std::int64_t{-1})) == "\xff"s);
  CHECK(binary(of(ColumnType::kTiny, kUnsigned), Value(std::int64_t{255})) == "\xff"s);
  CHECK(!binary(of(ColumnType::kTiny), Value(std::int64_t{128})).has_value());
  CHECK(!binary(of(ColumnType::kTiny, kUnsigned), Value(std::int64_t{-1})).has_value());
  CHECK(binary(of(ColumnType::kShort), Value(std::int64_t{-2})) == "\xfe\xff"s);
  CHECK(binary(of(ColumnType::kYear), Value(std::int64_t{2024})) == "\xe8\x07"s);
  CHECK(binary(of(ColumnType::kLong), Value("77"sv)) == "\x4d\0\0\0"s);
  CHECK(binary(of(ColumnType::kLongLong, kUnsigned), Value(UINT64_MAX)) == std::string(8, '\xff'));
  CHECK(binary(of(ColumnType::kLongLong), Value(3.0)) == "\x03\0\0\0\0\0\0\0"s);
  CHECK(!binary(of(ColumnType::kLongLong), Value(3.5)).has_value());
  CHECK(!binary(of(ColumnType::kLong), Value("abc"sv)).has_value());
  CHECK(binary(of(ColumnType::kFloat), Value(1.0)) == "\0\0\x80\x3f"s);
  CHECK(binary(of(ColumnType::kDouble), Value(std::int64_t{1})) == "\0\0\0\0\0\0\xf0\x3f"s);
  CHECK(binary(of(ColumnType::kNewDecimal), Value("1.20"sv)) ==
        "\x04"
        "1.20"s);
  CHECK(binary(of(ColumnType::kBlob), Value("a\0b"sv)) ==
        "\x03"
        "a\0b"s);
}

TEST_CASE("Dates and times in binary rows leave out what is zero at the end") {
  CHECK(binary(of(ColumnType::kDate), Value("2024-02-29"sv)) == "\x04\xe8\x07\x02\x1d"s);
  CHECK(binary(of(ColumnType::kDatetime), Value("2024-02-29 10:11:12"sv)) ==
        "\x07\xe8\x07\x02\x1d\x0a\x0b\x0c"s);
  CHECK(binary(of(ColumnType::kDatetime), Value("2024-02-29 00:00:00.5"sv)) ==
        "\x0b\xe8\x07\x02\x1d\0\0\0\x20\xa1\x07\0"s);
  CHECK(binary(of(ColumnType::kDatetime), Value("0000-00-00 00:00:00"sv)) == "\0"s);
  CHECK(binary(of(ColumnType::kTime), Value("-26:03:04"sv)) == "\x08\x01\x01\0\0\0\x02\x03\x04"s);
  CHECK(binary(of(ColumnType::kTime), Value("00:00:00"sv)) == "\0"s);
  CHECK(!binary(of(ColumnType::kDate), Value("yesterday"sv)).has_value());
  CHECK(!binary(of(ColumnType::kTime), Value("10:60:00"sv)).has_value());
}

TEST_CASE("NULL in rows is a bit, or one byte in text") {
  const std::vector<Column> columns(9, of(ColumnType::kTiny));
  std::vector<Value> row(9, Value(std::int64_t{1}));
  row[0] = {};
  row[6] = {};
  std::string out;
  REQUIRE(put_binary_row(out, columns, row));
  CHECK(out == "\0\x04\x01"s + std::string(7, '\x01'));
  std::string text;
  put_text_row(text, std::span(columns).first(2), std::span(row).first(2));
  CHECK(text ==
        "\xfb\x01"
        "1"s);
}

TEST_CASE("Parameters of every type are read back") {
  const auto read = [](ColumnType type, std::string bytes, bool is_unsigned = false) {
    Reader reader(bytes);
    OwnedValue value = read_parameter(reader, type, is_unsigned);
    CHECK(reader.ok());
    CHECK(reader.at_end());
    return value;
  };
  CHECK(read(ColumnType::kTiny, "\xff"s) == OwnedValue(std::int64_t{-1}));
  CHECK(read(ColumnType::kTiny, "\xff"s, true) == OwnedValue(std::uint64_t{255}));
  CHECK(read(ColumnType::kShort, "\xfe\xff"s) == OwnedValue(std::int64_t{-2}));
  CHECK(read(ColumnType::kLong, "\x4d\0\0\0"s) == OwnedValue(std::int64_t{77}));
  CHECK(read(ColumnType::kLongLong, std::string(8, '\xff'), true) == OwnedValue(UINT64_MAX));
  CHECK(read(ColumnType::kFloat, "\0\0\x80\x3f"s) == OwnedValue(1.0));
  CHECK(read(ColumnType::kDouble, "\0\0\0\0\0\0\xf0\x3f"s) == OwnedValue(1.0));
  CHECK(read(ColumnType::kVarString,
             "\x03"
             "abc"s) == OwnedValue("abc"s));
  CHECK(read(ColumnType::kDate, "\x04\xe8\x07\x02\x1d"s) == OwnedValue("2024-02-29"s));
  CHECK(read(ColumnType::kDatetime, "\x0b\xe8\x07\x02\x1d\0\0\0\x20\xa1\x07\0"s) ==
        OwnedValue("2024-02-29 00:00:00.500000"s));
  CHECK(read(ColumnType::kTime, "\x08\x01\x01\0\0\0\x02\x03\x04"s) == OwnedValue("-26:03:04"s));
  CHECK(read(ColumnType::kTime, "\0"s) == OwnedValue("00:00:00"s));
  CHECK(read(ColumnType::kNull, "") == OwnedValue());
}

TEST_CASE("Parameters of no known type, or with impossible times, fail the reader") {
  const std::pair<ColumnType, std::string> cases[] = {{static_cast<ColumnType>(0x20), "abc"},
                                                      {ColumnType::kDate, "\x05\xe8\x07\x02\x1d\0"s},
                                                      {ColumnType::kDate, "\x04\xe8\x07\x0d\x1d"s},
                                                      {ColumnType::kTime, "\x08\0\xff\xff\xff\xff\0\0\0"s},
                                                      {ColumnType::kLong, "\x01"}};
  for (const auto& [type, bytes] : cases) {
    Reader reader(bytes);
    (void)read_parameter(reader, type, false);
    CHECK(!reader.ok());
  }
}
