#include "extension/record_writer.h"

#include <string>

#include "agent/wire/row_reader.h"
#include "tests/unit/extension/memory_database.h"

namespace murmel::extension {
namespace {

// One update of a row with as many columns as `before` and `after`, lists of SQL values, have.
class UpdateTest {
 public:
  void write(const std::string& before, const std::string& after) {
    db_.run("DROP TABLE IF EXISTS t");
    db_.run("CREATE TABLE t AS SELECT " + before);
    TableInfo table;
    Fault fault;
    REQUIRE(load_table(db_.get(), "main", "t", true, table, fault) == SQLITE_OK);
    buffer_.clear();
    RecordWriter writer(buffer_);
    writer.begin_row(row_stream::kUpdate, table, 1);
    each(before, [&](std::size_t i, sqlite3_value* value, std::size_t n) {
      if (i == 0) at_ = writer.begin_values(n);
      table.places[i] = static_cast<std::uint32_t>(writer.place(at_));
      at_ = writer.write_value(at_, value, false, true);
    });
    writer.end_values(at_);
    each(after, [&](std::size_t i, sqlite3_value* value, std::size_t n) {
      if (i == 0) at_ = writer.begin_values(n);
      at_ = writer.write_changed(at_, value, false, true, table.places[i]);
    });
    writer.end_values(at_);
    REQUIRE(writer.end_row(fault) == SQLITE_OK);
  }
  // As read back: '=' for a value said to be the same, the number or the length of the text otherwise.
  std::string after() {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
    Fault fault;
    REQUIRE(buffer_.payload(0, &data, &size, fault));
    wire::RowReader reader(ByteView(data, size));
    const auto item = reader.next();
    REQUIRE(item.ok());
    std::string text;
    for (const wire::Value& value : reader.row().after) {
      text += value.same                        ? "="
              : value.tag == row_stream::kInt64 ? std::to_string(value.integer)
              : value.tag == row_stream::kReal  ? std::to_string(value.real)
              : value.tag == row_stream::kNull  ? "null"
                                                : "#" + std::to_string(value.bytes.size());
      text += " ";
    }
    return text;
  }

 private:
  template <typename Use>
  void each(const std::string& values, const Use& use) {
    sqlite3_stmt* row = nullptr;
    REQUIRE(sqlite3_prepare_v2(db_.get(), ("SELECT " + values).c_str(), -1, &row, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(row) == SQLITE_ROW);
    const int n = sqlite3_column_count(row);
    for (int i = 0; i < n; ++i) {
      use(static_cast<std::size_t>(i), sqlite3_column_value(row, i), static_cast<std::size_t>(n));
    }
    sqlite3_finalize(row);
  }

  test::MemoryDatabase db_;
  ChangeBuffer buffer_;
  std::uint8_t* at_ = nullptr;
};

}  // namespace

TEST_CASE_FIXTURE(UpdateTest, "integers keep their value at the edges of every width") {
  write("0, 0, 0, 0, 0, 0, 0, 0",
        "127, -128, 128, -129, 32768, -32769, 2147483648, -9223372036854775807 - 1");
  CHECK(after() == "127 -128 128 -129 32768 -32769 2147483648 -9223372036854775808 ");
}

TEST_CASE_FIXTURE(UpdateTest, "a value is the same only with the same type and all of its bytes") {
  write("1, 1, 1.0, 1.5, 256, NULL, 'ab', 'ab', '', x'6162'",
        "1, 1.0, 1, 1.5, 257, NULL, 'ab', 'ac', NULL, 'ab'");
  CHECK(after() == "= 1.000000 1 = 257 = = #2 null #2 ");
}

TEST_CASE_FIXTURE(UpdateTest, "long values between short ones don't take the room of those after them") {
  write("1, hex(zeroblob(50000)), 2, zeroblob(70000), 3", "2, hex(zeroblob(50000)), 3, zeroblob(300000), 4");
  CHECK(after() == "2 = 3 #300000 4 ");
}

}  // namespace murmel::extension
