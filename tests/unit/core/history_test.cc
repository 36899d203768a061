#include "agent/core/history.h"

#include <doctest/doctest.h>

namespace murmel::core {
namespace {

constexpr NodeId kSelf = 1;

Have side(int id) {
  Have have;
  have.database_id.bytes[15] = static_cast<std::uint8_t>(id);
  return have;
}
Have fresh(int id) {
  Have have = side(id);
  have.fresh = true;
  return have;
}
Have with_baseline(int id) {
  Have have = side(id);
  have.baseline = true;
  return have;
}

TEST_CASE("one id is one history") {
  CHECK(match_histories(kSelf, with_baseline(1), fresh(1)) == HistoryMatch::kSame);
}

TEST_CASE("nothing is taken from a node without such a database") {
  for (const Have& own : {fresh(1), side(1), with_baseline(1)}) {
    CHECK(match_histories(kSelf, own, Have{}) == HistoryMatch::kTheyAdopt);
  }
}

TEST_CASE("an empty database takes the other one's history: by log if that is complete, else by snapshot") {
  CHECK(match_histories(kSelf, fresh(1), side(2)) == HistoryMatch::kAdoptLog);
  CHECK(match_histories(kSelf, fresh(1), with_baseline(2)) == HistoryMatch::kAdoptSnapshot);
  Have trimmed = side(2);
  trimmed.trimmed = {{2, 10}};
  CHECK(match_histories(kSelf, fresh(1), trimmed) == HistoryMatch::kAdoptSnapshot);
  CHECK(match_histories(kSelf, side(1), fresh(2)) == HistoryMatch::kTheyAdopt);
}

TEST_CASE("a node that others remember from an earlier life takes a snapshot, which brings its numbering") {
  Have remembers = side(2);
  remembers.vector = {{kSelf, 5}, {2, 1}};
  CHECK(match_histories(kSelf, fresh(1), remembers) == HistoryMatch::kAdoptSnapshot);
}

TEST_CASE("of two empty or two complete ones the smaller id stays") {
  CHECK(match_histories(kSelf, fresh(2), fresh(1)) == HistoryMatch::kAdoptLog);
  CHECK(match_histories(kSelf, fresh(1), fresh(2)) == HistoryMatch::kTheyAdopt);
  CHECK(match_histories(kSelf, side(2), side(1)) == HistoryMatch::kAdoptSnapshot);
  CHECK(match_histories(kSelf, side(1), side(2)) == HistoryMatch::kTheyAdopt);
}

TEST_CASE("a history in which transactions are decided stays, even an empty one") {
  const auto begun = [](Have have) {
    have.begun = true;
    return have;
  };
  for (const Have& decided : {begun(fresh(2)), begun(side(2))}) {
    CHECK(match_histories(kSelf, side(1), decided) == HistoryMatch::kAdoptSnapshot);
    CHECK(match_histories(kSelf, decided, side(1)) == HistoryMatch::kTheyAdopt);
    CHECK(match_histories(kSelf, fresh(1), decided) == HistoryMatch::kAdoptLog);
    CHECK(match_histories(kSelf, decided, fresh(1)) == HistoryMatch::kTheyAdopt);
    CHECK(match_histories(kSelf, decided, with_baseline(1)) == HistoryMatch::kRefused);
    CHECK(match_histories(kSelf, begun(side(1)), decided) == HistoryMatch::kRefused);
  }
}

TEST_CASE("content from before the log stays; two of them are refused on both sides") {
  CHECK(match_histories(kSelf, side(1), with_baseline(2)) == HistoryMatch::kAdoptSnapshot);
  CHECK(match_histories(kSelf, with_baseline(2), side(1)) == HistoryMatch::kTheyAdopt);
  CHECK(match_histories(kSelf, with_baseline(1), with_baseline(2)) == HistoryMatch::kRefused);
  CHECK(match_histories(kSelf, with_baseline(2), with_baseline(1)) == HistoryMatch::kRefused);
}

}  // namespace
}  // namespace murmel::core
