#include "agent/wire/row_writer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "tests/unit/wire/row_sample.h"

namespace murmel::wire {

TEST_CASE("every integer width and its edges come back as written") {
  RowWriter writer;
  const auto table = writer.table({"t", row_stream::kHasKey, {{"a", 1, row_stream::kBinary}}, {0}});
  const std::int64_t edges[] = {
      0,       1,       -1,        127,       128,          -128,          -129,      32'767,   32'768,
      -32'768, -32'769, INT32_MAX, INT32_MIN, 2147483648LL, -2147483649LL, INT64_MAX, INT64_MIN};
  for (const auto edge : edges) writer.insert(table, std::vector<Value>{integer_value(edge)});
  const std::string payload = writer.take();
  RowReader reader(as_bytes(payload));
  for (const auto edge : edges) {
    REQUIRE(reader.next().value() == RowReader::Item::kRow);
    CHECK(reader.row().after[0].integer == edge);
  }
  CHECK(reader.next().value() == RowReader::Item::kEnd);
}

TEST_CASE("infinity and negative zero keep their bits") {
  RowWriter writer;
  const auto table = writer.table({"t", 0, {{"a", 0, row_stream::kBinary}}, {}});
  writer.insert(table, std::vector<Value>{real_value(std::numeric_limits<double>::infinity())});
  writer.insert(table, std::vector<Value>{real_value(-0.0)});
  const std::string payload = writer.take();
  RowReader reader(as_bytes(payload));
  REQUIRE(reader.next().ok());
  CHECK(std::isinf(reader.row().after[0].real));
  REQUIRE(reader.next().ok());
  CHECK(std::signbit(reader.row().after[0].real));
}

TEST_CASE("the new image of an update can become a row of its own") {
  RowWriter writer;
  const auto table = writer.table({"t", row_stream::kHasKey, {{"a", 1, row_stream::kBinary}}, {0}});
  Value unchanged = integer_value(7);
  unchanged.same = true;
  writer.remove(table, std::vector<Value>{unchanged});
  writer.insert(table, std::vector<Value>{unchanged});
  const std::string payload = writer.take();
  RowReader reader(as_bytes(payload));
  REQUIRE(reader.next().ok());
  CHECK(reader.row().before[0].integer == 7);
  REQUIRE(reader.next().ok());
  CHECK(reader.row().after[0].integer == 7);
}

TEST_CASE("a stream that was taken leaves an empty one") {
  RowWriter writer;
  CHECK(writer.empty());
  writer.schema({row_stream::kDrop, "view", "v", "v", "CREATE VIEW v AS SELECT 1", ""});
  CHECK_FALSE(writer.empty());
  CHECK(writer.take().size() > 1);
  CHECK(writer.empty());
}

}  // namespace murmel::wire
