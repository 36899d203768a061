#include "extension/row_filter.h"

#include <string>
#include <vector>

#include "agent/wire/row_reader.h"
#include "extension/record_writer.h"
#include "tests/unit/extension/memory_database.h"

namespace murmel::extension {
namespace {

// Rows of two tables, one with a key and one without, with values of every kind.
class FilterTest {
 public:
  FilterTest() {
    db_.run("CREATE TABLE t(a, b); CREATE TABLE u(k TEXT PRIMARY KEY, a)");
    REQUIRE(load_table(db_.get(), "main", "t", true, t_, fault_) == SQLITE_OK);
    REQUIRE(load_table(db_.get(), "main", "u", true, u_, fault_) == SQLITE_OK);
  }
  void insert(TableInfo& table, std::int64_t number, const std::string& text) {
    writer_.begin_row(row_stream::kInsert, table, number);
    writer_.put_text(text.data(), text.size());
    writer_.put_integer(number);
    REQUIRE(writer_.end_row(fault_) == SQLITE_OK);
  }
  void update(TableInfo& table, std::int64_t rowid) {
    writer_.begin_row(row_stream::kUpdate, table, rowid);
    writer_.put_blob("blob", 4);
    writer_.put_real(0.5);
    writer_.put_null();
    writer_.put_same();
    REQUIRE(writer_.end_row(fault_) == SQLITE_OK);
  }
  // All rows that stay when only tables named in `kept` do: "I t", "U u" and so on.
  std::string filtered(std::string kept) {
    const auto keeps = [](void* context, const char* table, const std::uint8_t*, std::size_t, Fault&) {
      return static_cast<std::string*>(context)->find(table) != std::string::npos;
    };
    RowFilter filter(keeps, &kept);
    buffer_.close_chunk();
    for (std::size_t i = 0; i < buffer_.chunk_count(); ++i) {
      const auto payload = bytes(buffer_, i);
      REQUIRE(filter.copy(payload.data(), payload.size(), out_, fault_) == SQLITE_OK);
    }
    std::string text;
    for (std::size_t i = 0; i < out_.chunk_count(); ++i) text += rows(i);
    return text;
  }

  static std::vector<std::uint8_t> bytes(ChangeBuffer& buffer, std::size_t chunk) {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
    Fault fault;
    REQUIRE(buffer.payload(chunk, &data, &size, fault));
    return {data, data + size};
  }
  std::string rows(std::size_t chunk) {
    const auto payload = bytes(out_, chunk);
    wire::RowReader reader(ByteView(payload.data(), payload.size()));
    std::string text;
    for (;;) {
      const auto item = reader.next();
      REQUIRE(item.ok());
      if (*item == wire::RowReader::Item::kEnd) return text;
      text += static_cast<char>(reader.row().op);
      text += std::string(reader.row().table->name) + " ";
    }
  }

  test::MemoryDatabase db_;
  Fault fault_;
  TableInfo t_;
  TableInfo u_;
  ChangeBuffer buffer_;
  ChangeBuffer out_;
  RecordWriter writer_{buffer_};
};

}  // namespace

TEST_CASE_FIXTURE(FilterTest, "only the rows of kept tables are copied, in their order") {
  insert(t_, 1, "x");
  insert(u_, 200, "y");
  update(t_, 1);
  insert(u_, 70'000, "z");
  update(u_, 2);
  insert(t_, std::int64_t{1} << 40, "");
  SUBCASE("one") {
    CHECK(filtered("t") == "It Ut It ");
  }
  SUBCASE("the other") {
    CHECK(filtered("u") == "Iu Iu Uu ");
  }
  SUBCASE("both") {
    CHECK(filtered("tu") == "It Iu Ut Iu Uu It ");
  }
  SUBCASE("none") {
    CHECK(filtered("").empty());
    CHECK(out_.empty());
  }
}

TEST_CASE_FIXTURE(FilterTest, "every copied chunk can be read alone, also when it is as long as one can be") {
  const std::string text(1000, 'x');
  for (int i = 0; i < 1500; ++i) insert(i % 100 == 0 ? u_ : t_, i, text);
  const std::string all = filtered("tu");
  CHECK(all.size() == std::size_t{1500} * 3);
  CHECK(out_.chunk_count() == buffer_.chunk_count());
}

TEST_CASE_FIXTURE(FilterTest, "a payload that ends in a row is a fault") {
  insert(t_, 1, "text");
  buffer_.close_chunk();
  const auto payload = bytes(buffer_, 0);
  RowFilter filter([](void*, const char*, const std::uint8_t*, std::size_t, Fault&) { return true; },
                   nullptr);
  CHECK(filter.copy(payload.data(), payload.size() - 1, out_, fault_) == SQLITE_INTERNAL);
}

}  // namespace murmel::extension
