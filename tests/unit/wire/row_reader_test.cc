#include "agent/wire/row_reader.h"

#include <doctest/doctest.h>

#include <string>

#include "agent/base/random.h"
#include "tests/unit/wire/row_sample.h"

namespace murmel::wire {
namespace {

// Reads to the end or to the first error; touches every byte that values point to.
Result<int> read_all(const std::string& payload) {
  RowReader reader(as_bytes(payload));
  int items = 0;
  unsigned touched = 0;
  for (;;) {
    TRY_ASSIGN(const RowReader::Item item, reader.next());
    if (item == RowReader::Item::kEnd) return items;
    ++items;
    if (item != RowReader::Item::kRow) continue;
    for (const auto image : {reader.row().before, reader.row().after}) {
      for (const Value& value : image) {
        for (const auto byte : value.bytes) touched += byte;
      }
    }
    CHECK(touched < 100'000'000);
  }
}

std::string stream(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text.push_back(static_cast<char>(byte));
  return text;
}

}  // namespace

TEST_CASE("rows and schema changes come back in order") {
  const std::string payload = test::sample_payload();
  RowReader reader(as_bytes(payload));
  REQUIRE(reader.next().value() == RowReader::Item::kRow);
  CHECK(reader.row().op == row_stream::kInsert);
  CHECK(reader.row().table->name == "person");
  CHECK(reader.row().table->key == std::vector<std::uint16_t>{0});
  CHECK(reader.row().before.empty());
  CHECK(as_text(reader.row().after[1].bytes) == "Ada");

  REQUIRE(reader.next().value() == RowReader::Item::kRow);
  CHECK(reader.row().op == row_stream::kUpdate);
  CHECK(as_text(reader.row().before[1].bytes) == "Ada");
  CHECK(as_text(reader.row().after[1].bytes) == "Augusta");

  REQUIRE(reader.next().value() == RowReader::Item::kRow);
  CHECK(reader.row().op == row_stream::kDelete);
  CHECK(reader.row().before[1].real == -0.5);
  CHECK(reader.row().before[2].bytes.size() == 2);

  REQUIRE(reader.next().value() == RowReader::Item::kRow);
  CHECK(reader.row().table->name == "event");
  CHECK(reader.row().rowid == 42);

  REQUIRE(reader.next().value() == RowReader::Item::kSchema);
  CHECK(reader.schema().op == row_stream::kCreate);
  CHECK(reader.schema().new_sql == "CREATE INDEX i ON person(name)");
  CHECK(reader.next().value() == RowReader::Item::kEnd);
}

TEST_CASE("an unchanged value of an update is filled from the old image and marked") {
  const std::string payload = test::sample_payload();
  RowReader reader(as_bytes(payload));
  REQUIRE(reader.next().ok());
  REQUIRE(reader.next().ok());
  CHECK(reader.row().after[0].same);
  CHECK(reader.row().after[0].integer == 1);
  CHECK_FALSE(reader.row().after[1].same);
}

TEST_CASE("every truncation is noticed or ends between two items") {
  const std::string whole = test::sample_payload();
  const int items = read_all(whole).value();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto read = read_all(whole.substr(0, length));
    if (read.ok()) {
      CHECK(*read < items);
    } else {
      CHECK(read.error().code == ErrorCode::kCorrupt);
    }
  }
}

TEST_CASE("random damage never reads outside the payload") {
  const std::string whole = test::sample_payload();
  Random random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = whole;
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
      damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
    }
    const auto read = read_all(damaged);
    CHECK((read.ok() || read.error().code == ErrorCode::kCorrupt));
  }
}

TEST_CASE("lies about lengths and counts are refused") {
  CHECK_FALSE(read_all("").ok());
  CHECK_FALSE(read_all(stream({2})).ok());                                 // version
  CHECK_FALSE(read_all(stream({1, 'Z'})).ok());                            // item
  CHECK_FALSE(read_all(stream({1, 'I', 0})).ok());                         // table unknown
  CHECK_FALSE(read_all(stream({1, 'T', 0, 100, 'x'})).ok());               // name past the end
  CHECK_FALSE(read_all(stream({1, 'T', 0, 1, 't', 0, 0xff, 0x7f})).ok());  // columns past the end
  CHECK_FALSE(read_all(stream({1, 'T', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})).ok());
  CHECK_FALSE(read_all(stream({1, 'T', 0, 1, 't', 1, 1, 1, 'a', 0, 0})).ok());   // key flag, no key column
  CHECK_FALSE(read_all(stream({1, 'T', 0, 1, 't', 1, 1, 1, 'a', 2, 0})).ok());   // key starts at 2
  CHECK_FALSE(read_all(stream({1, 'T', 0, 1, 't', 16, 1, 1, 'a', 0, 0})).ok());  // renamed, not said
  CHECK_FALSE(read_all(stream({1, 'R', 0, 1, 't', 0, 1, 1, 'a', 0, 0, 1, 'x'})).ok());
  CHECK_FALSE(read_all(stream({1, 'R', 0, 1, 't', 16, 1, 1, 'a', 0, 0, 0})).ok());  // from what?
  CHECK_FALSE(read_all(stream({1, 'S', 9, 0, 0, 0, 0, 0})).ok());                   // operation
}

TEST_CASE("a renamed table says which one it is") {
  Table table = test::keyed_table();
  table.identity = "people";
  RowWriter writer;
  writer.remove(writer.table(table), std::vector<Value>{integer_value(1), null_value(), null_value()});
  const std::string payload = writer.take();
  CHECK(payload[1] == row_stream::kRenamedTable);
  RowReader reader(as_bytes(payload));
  REQUIRE(reader.next().value() == RowReader::Item::kRow);
  CHECK(reader.row().table->name == "person");
  CHECK(reader.row().table->identity == "people");
  CHECK(reader.row().before[0].integer == 1);
  // Not one byte less.
  CHECK_FALSE(read_all(payload.substr(0, payload.find("people") + 5)).ok());
}

TEST_CASE("an unchanged value outside an update is refused") {
  const std::string table = stream({1, 'T', 0, 1, 't', 0, 1, 1, 'a', 0, 0});
  CHECK(read_all(table + stream({'I', 0, 0})).ok());
  CHECK_FALSE(read_all(table + stream({'I', 0, row_stream::kSame})).ok());
  CHECK_FALSE(read_all(table + stream({'U', 0, row_stream::kSame, 0})).ok());
  CHECK(read_all(table + stream({'U', 0, 0, row_stream::kSame})).ok());
}

}  // namespace murmel::wire
