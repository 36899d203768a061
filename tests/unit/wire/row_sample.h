// A row stream with one of everything, for the tests of reader and writer.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "agent/wire/row_writer.h"

namespace murmel::wire::test {

inline Table keyed_table() {
  return {
      "person",
      row_stream::kHasKey,
      {{"id", 1, row_stream::kBinary}, {"name", 0, row_stream::kNocase}, {"note", 0, row_stream::kBinary}},
      {0}};
}

inline Table keyless_table() {
  return {"event", row_stream::kHasRowid, {{"what", 0, row_stream::kBinary}}, {}};
}

inline std::string sample_payload() {
  RowWriter writer;
  const auto person = writer.table(keyed_table());
  const auto event = writer.table(keyless_table());
  const std::vector<Value> ada{integer_value(1), text_value("Ada"), null_value()};
  std::vector<Value> renamed{integer_value(1), text_value("Augusta"), null_value()};
  writer.insert(person, ada);
  renamed[0].same = renamed[2].same = true;
  writer.update(person, ada, renamed);
  writer.remove(person,
                std::vector<Value>{integer_value(std::numeric_limits<std::int64_t>::min()), real_value(-0.5),
                                   blob_value(as_bytes(std::string_view("\0x", 2)))});
  writer.insert(event, std::vector<Value>{integer_value(70'000)}, 42);
  writer.schema({row_stream::kCreate, "index", "i", "person", "", "CREATE INDEX i ON person(name)"});
  return writer.take();
}

}  // namespace murmel::wire::test
