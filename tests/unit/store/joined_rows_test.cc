#include "agent/store/joined_rows.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "agent/wire/row_reader.h"
#include "agent/wire/row_writer.h"
#include "tests/unit/wire/row_sample.h"

namespace murmel::store {
namespace {

// What one statement has written: rows of these tables, in this order.
std::string statement(const std::vector<wire::Table>& tables, std::int64_t first_key) {
  wire::RowWriter writer;
  for (const wire::Table& table : tables) {
    const auto described = writer.table(table);
    const std::vector<wire::Value> row(table.columns.size(), wire::integer_value(first_key++));
    const bool keyless = table.has(row_stream::kHasRowid);
    keyless ? writer.insert(described, row, 1) : writer.insert(described, row);
  }
  return writer.take();
}

void take(JoinedRows& rows, const std::string& stream) {
  REQUIRE(rows.take(as_bytes(stream).data(), stream.size()));
}

struct Read {
  std::string rows;  // each as "table:first value "
  std::uint64_t descriptions = 0;
};

Read read(const std::vector<SharedBytes>& payloads) {
  Read found;
  for (const SharedBytes& payload : payloads) {
    wire::RowReader reader(payload.view());
    while (reader.next().value() == wire::RowReader::Item::kRow) {
      const wire::RowChange& row = reader.row();
      found.rows += std::string(row.table->name) + ":" + std::to_string(row.after[0].integer) + " ";
      found.descriptions = std::max(found.descriptions, row.table->serial);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("statements that write to one table describe it once") {
  JoinedRows rows;
  for (const int key : {1, 2, 3}) take(rows, statement({wire::test::keyed_table()}, key));
  const Read found = read(rows.all());
  CHECK(found.rows == "person:1 person:2 person:3 ");
  CHECK(found.descriptions == 1);
}

TEST_CASE("statements that write to other tables than the one before describe them") {
  const wire::Table person = wire::test::keyed_table();
  const wire::Table event = wire::test::keyless_table();
  JoinedRows rows;
  take(rows, statement({person, event}, 1));
  take(rows, statement({person}, 3));
  take(rows, statement({event}, 4));
  take(rows, statement({event, person}, 5));
  take(rows, statement({person}, 7));
  const Read found = read(rows.all());
  CHECK(found.rows == "person:1 event:2 person:3 event:4 event:5 person:6 person:7 ");
}

TEST_CASE("each payload of a large transaction describes its tables") {
  wire::RowWriter writer;
  const auto event = writer.table(wire::test::keyless_table());
  const std::string text(JoinedRows::kRecordBytes, 'x');
  writer.insert(event, std::vector<wire::Value>{wire::text_value(text)}, 1);
  const std::string large = writer.take();
  JoinedRows rows;
  take(rows, large);
  take(rows, large);
  const std::vector<SharedBytes> payloads = rows.all();
  REQUIRE(payloads.size() == 2);
  CHECK(payloads[0].view().size() == payloads[1].view().size());
  CHECK(read(payloads).rows == "event:0 event:0 ");
}

}  // namespace murmel::store
