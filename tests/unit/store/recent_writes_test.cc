#include "agent/store/recent_writes.h"

#include <doctest/doctest.h>

namespace murmel::store {
namespace {

core::RowKey key(std::uint64_t number) {
  return {number * 0x9e3779b97f4a7c15ULL, number};
}

}  // namespace

TEST_CASE("a row is newer than the snapshots before its last record") {
  RecentWrites writes;
  writes.reset(10, core::Hlc{1});
  writes.note(key(1), 11);
  writes.note(key(2), 12);
  writes.note(key(1), 13);
  CHECK(writes.is_newer(key(1), 12));
  CHECK_FALSE(writes.is_newer(key(1), 13));
  CHECK_FALSE(writes.is_newer(key(2), 12));
  CHECK_FALSE(writes.is_newer(key(3), 10));
  CHECK(writes.reaches(10, core::Hlc{1}));
  CHECK_FALSE(writes.reaches(9, core::Hlc{1}));
}

TEST_CASE("what is forgotten of many rows counts as too old") {
  constexpr std::int64_t kRows = 5'000;
  RecentWrites writes(1'000);
  for (std::int64_t id = 1; id <= kRows; ++id) writes.note(key(id), id);
  CHECK_FALSE(writes.reaches(kRows - 1'001, {}));
  CHECK(writes.reaches(kRows - 500, {}));
  for (std::int64_t id = 1; id <= kRows; ++id) {
    if (writes.reaches(id - 1, {})) CHECK(writes.is_newer(key(id), id - 1));
    CHECK_FALSE(writes.is_newer(key(id), id));
  }
}

TEST_CASE("a row that is written again stays known when its first record is forgotten") {
  RecentWrites writes(4);
  writes.note(key(1), 1);
  writes.note(key(2), 2);
  writes.note(key(1), 3);
  writes.note(key(3), 4);
  writes.note(key(4), 5);
  CHECK(writes.reaches(2, {}));
  CHECK(writes.is_newer(key(1), 2));
}

}  // namespace murmel::store
