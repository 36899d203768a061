#include "agent/store/log_index.h"

#include <doctest/doctest.h>

namespace murmel::store {
namespace {

// Records 1, 2, 3 ... of nodes 1 and 2 in turn.
LogIndex filled(Seq mark_every, std::int64_t records) {
  LogIndex index(mark_every);
  for (std::int64_t id = 1; id <= records; ++id) {
    index.add(id, {static_cast<NodeId>(id % 2 == 0 ? 2 : 1), (id + 1) / 2});
  }
  return index;
}

}  // namespace

TEST_CASE("every position is found at or behind the id that is given") {
  const LogIndex index = filled(4, 100);
  for (Seq seq = 1; seq <= 50; ++seq) {
    const auto id = index.id_before({1, seq});
    REQUIRE(id.has_value());
    CHECK(*id <= 2 * seq - 1);
    CHECK(*id >= 2 * (seq - 4) - 1);
  }
  CHECK_FALSE(index.id_before({1, 51}).has_value());
  CHECK_FALSE(index.id_before({3, 1}).has_value());
}

TEST_CASE("what was trimmed is not found, the rest still is") {
  LogIndex index = filled(4, 100);
  index.trimmed(41, {{1, 21}, {2, 20}});
  CHECK(index.first_kept(1) == 22);
  CHECK_FALSE(index.id_before({1, 21}).has_value());
  for (Seq seq = 22; seq <= 50; ++seq) {
    const auto id = index.id_before({1, seq});
    REQUIRE(id.has_value());
    CHECK(*id > 41);
    CHECK(*id <= 2 * seq - 1);
  }
  CHECK(index.trimmed_of({{1, 50}, {2, 50}, {3, 7}}) == core::VersionVector{{1, 21}, {2, 20}, {3, 7}});
  index.trimmed(100, {{1, 50}, {2, 50}});
  CHECK_FALSE(index.first_kept(1).has_value());
}

TEST_CASE("the text of a part becomes that part again, and goes on") {
  const LogIndex whole = filled(4, 100);
  auto part = LogIndex::from_text(whole.to_text(50, {{1, 25}, {2, 25}}));
  REQUIRE(part.has_value());
  CHECK(part->first_kept(2) == 1);
  CHECK(part->last(1) == 25);
  CHECK(part->id_before({1, 24}) == whole.id_before({1, 24}));
  part->add(51, {1, 26});
  CHECK(part->last(1) == 26);
  CHECK(part->id_before({1, 26}).value() <= 51);
}

TEST_CASE("a text that is no index is none") {
  for (const char* text : {"x", "1 2", "1 1 5 2 1 1", "1 1 5 0"})
    CHECK_FALSE(LogIndex::from_text(text).has_value());
  CHECK(LogIndex::from_text("").has_value());
}

}  // namespace murmel::store
