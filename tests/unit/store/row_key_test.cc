#include "agent/store/row_key.h"

#include <doctest/doctest.h>

#include <vector>

#include "agent/wire/row_writer.h"

namespace murmel::store {
namespace {

using wire::blob_value;
using wire::integer_value;
using wire::null_value;
using wire::real_value;
using wire::text_value;

std::optional<core::RowKey> key_of(wire::Value value, row_stream::Collation collation = row_stream::kBinary) {
  const wire::Table table{"t", row_stream::kHasKey, {{"k", 1, collation}}, {0}};
  return RowKeyHasher(table).key(std::vector<wire::Value>{value});
}

}  // namespace

TEST_CASE("a REAL key without fraction is the same key as the INTEGER") {
  CHECK(key_of(real_value(5.0)) == key_of(integer_value(5)));
  CHECK(key_of(real_value(-0.0)) == key_of(integer_value(0)));
  CHECK(key_of(real_value(5.5)) != key_of(integer_value(5)));
}

TEST_CASE("numbers near the edge of 64 bits are not mixed up") {
  CHECK(key_of(real_value(9223372036854775808.0)) != key_of(integer_value(INT64_MAX)));
  CHECK(key_of(real_value(-9223372036854775808.0)) == key_of(integer_value(INT64_MIN)));
}

TEST_CASE("collations decide which texts are one key") {
  CHECK(key_of(text_value("Ada")) != key_of(text_value("ADA")));
  CHECK(key_of(text_value("Ada"), row_stream::kNocase) == key_of(text_value("ADA"), row_stream::kNocase));
  CHECK(key_of(text_value("a  "), row_stream::kRtrim) == key_of(text_value("a"), row_stream::kRtrim));
  CHECK(key_of(text_value("a  ")) != key_of(text_value("a")));
}

TEST_CASE("types are never mixed up") {
  CHECK(key_of(text_value("5")) != key_of(integer_value(5)));
  CHECK(key_of(text_value("5")) != key_of(blob_value(as_bytes("5"))));
}

TEST_CASE("NULL in the key means no identity") {
  CHECK_FALSE(key_of(null_value()).has_value());
}

TEST_CASE("parts of a composed key do not run into each other") {
  const wire::Table table{
      "t", row_stream::kHasKey, {{"a", 1, row_stream::kBinary}, {"b", 2, row_stream::kBinary}}, {0, 1}};
  RowKeyHasher hasher(table);
  const auto first = hasher.key(std::vector<wire::Value>{text_value("ab"), text_value("c")});
  const auto second = hasher.key(std::vector<wire::Value>{text_value("a"), text_value("bc")});
  CHECK(first != second);
}

TEST_CASE("a table's name counts without case") {
  const wire::Table lower{"t", row_stream::kHasKey, {{"k", 1, row_stream::kBinary}}, {0}};
  const wire::Table upper{"T", row_stream::kHasKey, {{"k", 1, row_stream::kBinary}}, {0}};
  const wire::Table other{"u", row_stream::kHasKey, {{"k", 1, row_stream::kBinary}}, {0}};
  const std::vector<wire::Value> image{integer_value(1)};
  CHECK(RowKeyHasher(lower).key(image) == RowKeyHasher(upper).key(image));
  CHECK(RowKeyHasher(lower).key(image) != RowKeyHasher(other).key(image));
}

}  // namespace murmel::store
