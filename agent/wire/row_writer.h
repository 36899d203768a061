// Writes a row stream (schemas/row_stream.h): the applier's own change sets, filtered records, and tests. The
// extension has a writer of its own that appends at memory speed; both are read by RowReader.
// Not for sharing between threads.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/wire/row_reader.h"

namespace murmel::wire {

Value null_value();
Value integer_value(std::int64_t integer);
Value real_value(double real);
Value text_value(std::string_view text);  // points to `text`
Value blob_value(ByteView bytes);         // points to `bytes`

class RowWriter {
 public:
  RowWriter();

  // Describes a table; returns its index, to be given to the rows that follow.
  std::uint64_t table(const Table& table);

  // Images have one value per column. `rowid` is written if the table has kHasRowid (0 if absent).
  void insert(std::uint64_t index, std::span<const Value> after, std::optional<std::int64_t> rowid = {});
  // Values of `after` that are marked `same` are not repeated.
  void update(std::uint64_t index, std::span<const Value> before, std::span<const Value> after,
              std::optional<std::int64_t> rowid = {});
  void remove(std::uint64_t index, std::span<const Value> before, std::optional<std::int64_t> rowid = {});
  void schema(const SchemaChange& change);

  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.size() == 1; }  // nothing but the version
  std::string take();                                // ends this stream and begins a new one

 private:
  void row_head(row_stream::Item op, std::uint64_t index, std::optional<std::int64_t> rowid);
  // A whole image. What an update left unchanged is whole too in the values that a reader returns.
  void image(std::span<const Value> values);
  void new_image(std::span<const Value> values);  // of an update: without what is unchanged
  void value(const Value& value);
  void varint(std::uint64_t number);
  void integer(std::uint64_t number, std::size_t width);
  void text(std::string_view text);

  std::string bytes_;
  std::string with_rowid_;  // one byte a table: does it carry a rowid?
};

}  // namespace murmel::wire
