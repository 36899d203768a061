#include "agent/core/versions.h"

#include <doctest/doctest.h>

#include <map>

#include "agent/base/random.h"

namespace murmel::core {
namespace {

RowKey key_of(std::uint64_t n) {
  Random hash(n);
  const std::uint64_t low = hash.next();
  return {low, hash.next()};
}

RowVersion row_at(WallMs ms, NodeId node = 1) {
  return {{Hlc::at(ms), node}, ms};
}

TEST_CASE("an empty index knows no row") {
  const VersionIndex index;
  CHECK_FALSE(index.lookup(key_of(1)));
  CHECK(index.bytes() == 0);
}

TEST_CASE("the greater version of a row stays, in whatever order they are noted") {
  VersionIndex index;
  index.record(key_of(1), row_at(20));
  index.record(key_of(1), row_at(10));
  CHECK(index.lookup(key_of(1)) == row_at(20));
  index.record(key_of(1), row_at(20, 2));
  CHECK(index.lookup(key_of(1)) == row_at(20, 2));
  CHECK(index.size() == 1);
}

TEST_CASE("rows at or below the watermark are forgotten, later ones stay") {
  VersionIndex index;
  index.record(key_of(1), row_at(10));
  index.record(key_of(2), row_at(20));
  index.drop_below(Hlc::at(10));
  CHECK_FALSE(index.lookup(key_of(1)));
  CHECK(index.lookup(key_of(2)) == row_at(20));
  index.record(key_of(3), row_at(10));
  CHECK_FALSE(index.lookup(key_of(3)));
}

TEST_CASE("a watermark above everything gives the memory back") {
  VersionIndex index;
  for (std::uint64_t n = 0; n < 1000; ++n) index.record(key_of(n), row_at(10));
  CHECK(index.bytes() > 0);
  index.drop_below(Hlc::at(10));
  CHECK(index.bytes() == 0);
  CHECK(index.size() == 0);
}

TEST_CASE("a moving watermark bounds the memory") {
  VersionIndex index;
  for (WallMs ms = 1; ms <= 100'000; ++ms) {
    index.record(key_of(static_cast<std::uint64_t>(ms)), row_at(ms));
    index.drop_below(Hlc::at(ms - 100));
  }
  CHECK(index.size() < 1000);
  CHECK(index.bytes() < 100'000);
}

TEST_CASE("reset starts at any watermark, a lower one included") {
  VersionIndex index;
  index.drop_below(Hlc::at(100));
  index.drop_below(Hlc::at(50));
  CHECK(index.watermark() == Hlc::at(100));
  index.reset(Hlc::at(5));
  index.record(key_of(1), row_at(10));
  CHECK(index.lookup(key_of(1)) == row_at(10));
}

TEST_CASE("the index answers as a map does") {
  VersionIndex index;
  std::map<std::uint64_t, RowVersion> model;
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t n = random.below(500);
    const RowVersion row = row_at(static_cast<WallMs>(random.below(100'000)));
    index.record(key_of(n), row);
    const auto [held, fresh] = model.try_emplace(n, row);
    if (!fresh && row.version > held->second.version) held->second = row;
  }
  for (const auto& [n, row] : model) CHECK(index.lookup(key_of(n)) == row);
}

}  // namespace
}  // namespace murmel::core
