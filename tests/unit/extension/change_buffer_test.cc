#include "extension/change_buffer.h"

#include <string>

#include "agent/wire/row_reader.h"
#include "extension/record_writer.h"
#include "tests/unit/extension/memory_database.h"

namespace murmel::extension {
namespace {

class BufferTest {
 public:
  BufferTest() {
    db_.run("CREATE TABLE t(a, b); CREATE TABLE u(k TEXT PRIMARY KEY)");
    Fault fault;
    REQUIRE(load_table(db_.get(), "main", "t", true, table, fault) == SQLITE_OK);
    REQUIRE(load_table(db_.get(), "main", "u", true, other, fault) == SQLITE_OK);
  }
  void insert(const std::string& text, std::int64_t rowid = 1) {
    Fault fault;
    writer.begin_row(row_stream::kInsert, table, rowid);
    writer.put_integer(rowid);
    writer.put_text(text.data(), text.size());
    REQUIRE(writer.end_row(fault) == SQLITE_OK);
  }
  // Rowids of the rows in all chunks; every chunk must be readable alone.
  std::string rowids() {
    std::string text;
    for (std::size_t i = 0; i < buffer.chunk_count(); ++i) {
      const std::uint8_t* data = nullptr;
      std::size_t size = 0;
      Fault fault;
      REQUIRE(buffer.payload(i, &data, &size, fault));
      wire::RowReader reader(ByteView(data, size));
      for (;;) {
        const auto item = reader.next();
        REQUIRE(item.ok());
        if (*item == wire::RowReader::Item::kEnd) break;
        text += std::to_string(reader.row().rowid.value_or(0)) + " ";
      }
    }
    return text;
  }

  test::MemoryDatabase db_;
  TableInfo table;
  TableInfo other;
  ChangeBuffer buffer;
  RecordWriter writer{buffer};
};

constexpr std::size_t kMiB = 1 << 20;

}  // namespace

TEST_CASE_FIXTURE(BufferTest, "rows past the record limit start a new chunk that can be read alone") {
  const std::string text(kMiB / 4, 'x');
  for (int i = 1; i <= 9; ++i) insert(text, i);
  CHECK(buffer.chunk_count() == 3);
  CHECK(rowids() == "1 2 3 4 5 6 7 8 9 ");
}

TEST_CASE_FIXTURE(BufferTest, "cutting back forgets rows and what they described") {
  insert("one", 1);
  const ChangeBuffer::Mark mark = buffer.mark();
  insert("two", 2);
  Fault fault;
  TableCache tables;
  REQUIRE(buffer.cut_back(mark, &tables, fault));
  insert("three", 3);
  CHECK(rowids() == "1 3 ");
}

TEST_CASE_FIXTURE(BufferTest, "cutting back to the start leaves nothing") {
  insert("one", 1);
  Fault fault;
  REQUIRE(buffer.cut_back(ChangeBuffer::Mark{}, nullptr, fault));
  CHECK(buffer.empty());
}

TEST_CASE_FIXTURE(BufferTest, "a large transaction goes through the file and comes back, also to be cut") {
  const std::string text(kMiB, 'x');
  ChangeBuffer::Mark mark;
  const int rows = static_cast<int>(ChangeBuffer::kMemoryMax / kMiB) * 2;
  std::string expected;
  for (int i = 1; i <= rows; ++i) {
    insert(text, i);
    if (i <= 10) expected += std::to_string(i) + " ";
    if (i == 10) mark = buffer.mark();
  }
  Fault fault;
  REQUIRE(buffer.cut_back(mark, nullptr, fault));
  CHECK(rowids() == expected);
  insert("small", 1000);
  CHECK(rowids() == expected + "1000 ");
}

TEST_CASE_FIXTURE(BufferTest, "a row that is too long is refused and leaves no part of itself") {
  insert("before", 1);
  const std::string text(std::size_t{row_stream::kRowBytesMax} / 2, 'x');
  Fault fault;
  writer.begin_row(row_stream::kInsert, table, 2);
  for (int i = 0; i < 3; ++i) writer.put_text(text.data(), text.size());
  CHECK(writer.end_row(fault) == SQLITE_TOOBIG);
  CHECK(std::string(fault.text).find("128 MiB") != std::string::npos);
  insert("after", 3);
  CHECK(rowids() == "1 3 ");
}

TEST_CASE_FIXTURE(BufferTest, "memory is used again after the transaction") {
  insert("one", 1);
  buffer.clear();
  CHECK(buffer.empty());
  insert("two", 2);
  CHECK(rowids() == "2 ");
}

}  // namespace murmel::extension
