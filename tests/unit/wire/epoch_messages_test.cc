#include <doctest/doctest.h>

#include "agent/wire/commit_journal.h"
#include "agent/wire/messages.h"
#include "tests/unit/wire/epoch_sample.h"

using namespace murmel;
using namespace murmel::wire;

namespace {

void refuses(const core::EpochMessage& message) {
  const auto decoded = decode(as_bytes(encode(message)));
  REQUIRE_FALSE(decoded.ok());
  CHECK(decoded.error().code == ErrorCode::kCorrupt);
}

}  // namespace

TEST_CASE("every kind of message about voters comes back as it was") {
  for (const core::EpochMessage& message : epoch_messages()) {
    CAPTURE(message.index());
    const auto decoded = decode(as_bytes(encode(message)));
    REQUIRE(decoded.ok());
    CHECK(decoded->database.empty());
    PeerMessage expected;
    std::visit([&](const auto& body) { expected.body = body; }, message);
    CHECK(*decoded == expected);
  }
}

TEST_CASE("what was promised about voters comes back as it was, also half of it") {
  for (const core::EpochState& state :
       {sample_epoch_state(), core::EpochState{}, core::EpochState{std::nullopt, {1, 2}, std::nullopt}}) {
    const auto decoded = decode_epoch_state(as_bytes(encode(state)));
    REQUIRE(decoded.ok());
    CHECK(*decoded == state);
  }
  std::string bytes = encode(sample_epoch_state());
  bytes.resize(bytes.size() / 2);
  CHECK(decode_epoch_state(as_bytes(bytes)).error().code == ErrorCode::kCorrupt);
}

TEST_CASE("a record of voters that can't be is refused") {
  core::EpochRecord record = sample_epoch();
  SUBCASE("before the first") {
    record.number = 0;
  }
  SUBCASE("a node that can't be") {
    record.members[0].node = 0;
  }
  SUBCASE("a number that can't be") {
    record.members[0].number = 1'024;
  }
  SUBCASE("out of order") {
    std::swap(record.members[0], record.members[1]);
  }
  SUBCASE("one data directory twice") {
    record.members[1].uuid = record.members[0].uuid;
  }
  SUBCASE("one number twice") {
    record.members[1].number = record.members[0].number;
  }
  SUBCASE("an unknown role") {
    record.members[0].role = static_cast<core::EpochRole>(9);
  }
  SUBCASE("tips of a node's own log") {
    record.tips[sample_uuid(7)] = {{2, 9}};
  }
  SUBCASE("former members out of order") {
    std::swap(record.past[0], record.past[1]);
  }
  refuses(core::EpochHead{record});
  refuses(core::EpochAccept{{{1, 2}, record}});
}

TEST_CASE("a change of the members that can't be is refused") {
  refuses(core::EpochAsk{{static_cast<core::EpochChangeKind>(9), sample_uuid(9), 9, {}}});
  refuses(core::EpochAsk{{core::EpochChangeKind::kAdd, sample_uuid(9), 0, {}}});
  refuses(core::EpochAnswer{false, std::string(kEpochTextBytesMax + 1, 'x')});
}
