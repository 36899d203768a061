#include "agent/wire/messages.h"

#include <doctest/doctest.h>

#include <set>

#include "agent/base/random.h"
#include "tests/unit/wire/commit_sample.h"
#include "tests/unit/wire/epoch_sample.h"

using namespace murmel;
using namespace murmel::wire;

namespace {

Uuid uuid_of(std::uint8_t number) {
  Uuid uuid;
  for (std::size_t i = 0; i < 16; ++i) uuid.bytes[i] = static_cast<std::uint8_t>(number + i);
  return uuid;
}

core::ChangeSet change_set(NodeId origin, Seq seq, std::string rows = "rows") {
  core::ChangeSet change;
  change.origin = origin;
  change.seq = seq;
  change.hlc = core::Hlc::at(1'700'000'000'000, 3);
  change.more = seq % 2 == 0;
  change.schema_version = 42;
  if (seq > 1) change.depends = {{7, 9}, {3, 1}};
  change.rows = SharedBytes(std::move(rows));
  return change;
}

std::vector<PeerMessage> one_of_each() {
  core::Changes changes{uuid_of(1),
                        {change_set(1, 1), change_set(1, 2), change_set(5, 8, std::string(9'999, 'x'))}};
  core::Have have{uuid_of(2),    true,     false, {{1, 10}, {2, 0}, {kNodeIdMax, INT64_MAX}},
                  core::Hlc{77}, {{1, 3}}, 9,     true};
  core::SwimMessage swim;
  swim.kind = core::SwimKind::kPingRequest;
  swim.number = UINT64_MAX;
  swim.target = 4;
  swim.gossip = {{1, uuid_of(3), "10.0.0.1:7000", core::MemberState::kSuspect, 9},
                 {2, uuid_of(4), "[::1]:7000", core::MemberState::kRemoved, 0}};
  Hash128 hash{};
  hash[3] = 3;
  std::vector<PeerMessage> all = {
      {"main", changes},
      {"main", have},
      {"main", core::Pull{uuid_of(1), 3, 17, 4 << 20}},
      {"main", core::Gone{uuid_of(1), 3, 18}},
      {"main", core::Absent{}},
      {"", swim},
      {"main", SnapshotRequest{5, 1 << 20, 256 << 10}},
      {"main", SnapshotOffer{5, 10, 20, true, hash, "no room"}},
      {"main", SnapshotChunk{5, 0, SharedBytes(std::string(1000, '\0')), 12345}},
      {"", Call{1, "status", "{}"}},
      {"", Answer{1, true, "{\"error\":\"no\"}"}},
  };
  for (const core::CommitMessage& message : commit_messages()) {
    std::visit([&](const auto& body) { all.push_back({"main", body}); }, message);
  }
  for (const core::EpochMessage& message : epoch_messages()) {
    std::visit([&](const auto& body) { all.push_back({"", body}); }, message);
  }
  return all;
}

void refuses(const PeerMessage& message) {
  const auto decoded = decode(as_bytes(encode(message)));
  REQUIRE_FALSE(decoded.ok());
  CHECK(decoded.error().code == ErrorCode::kCorrupt);
}

}  // namespace

TEST_CASE("every kind of message comes back as it was") {
  std::set<std::size_t> kinds;
  for (const PeerMessage& message : one_of_each()) {
    kinds.insert(message.body.index());
    CAPTURE(message.body.index());
    const std::string bytes = encode(message);
    const auto decoded = decode(as_bytes(bytes));
    REQUIRE(decoded.ok());
    CHECK(*decoded == message);
  }
  CHECK_EQ(kinds.size(), std::variant_size_v<Body>);
}

TEST_CASE("the short ways to encode give the same bytes") {
  const core::Pull pull{uuid_of(1), 3, 17, 100};
  CHECK(encode("main", core::Message(pull)) == encode(PeerMessage{"main", pull}));
  const core::CommitMessage votes = core::Votes{uuid_of(1), 3, {{{decided_origin(2), 1}, {}, {}}}};
  CHECK(encode("main", votes) == encode(PeerMessage{"main", std::get<core::Votes>(votes)}));
  core::SwimMessage swim;
  swim.number = 8;
  CHECK(encode(swim) == encode(PeerMessage{"", swim}));
}

TEST_CASE("bytes at an odd address are read too") {
  const PeerMessage message = one_of_each()[0];
  const std::string bytes = encode(message);
  for (std::size_t shift = 1; shift < 8; ++shift) {
    const std::string moved = std::string(shift, '-') + bytes;
    const auto decoded = decode(as_bytes(moved).subspan(shift));
    REQUIRE(decoded.ok());
    CHECK(*decoded == message);
  }
}

TEST_CASE("cut and damaged messages are errors or other messages, never a crash") {
  Random random(3);
  for (const PeerMessage& message : one_of_each()) {
    const std::string bytes = encode(message);
    for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 400) {
      static_cast<void>(decode(as_bytes(bytes).first(size)));
    }
    for (int i = 0; i < 500; ++i) {
      std::string bad = bytes;
      for (int flips = 0; flips < 3; ++flips)
        bad[random.below(bad.size())] = static_cast<char>(random.next());
      static_cast<void>(decode(as_bytes(bad)));
    }
  }
}

TEST_CASE("numbers that can't be are refused") {
  const auto changes = [](core::ChangeSet change) {
    return PeerMessage{"main", core::Changes{uuid_of(1), {change}}};
  };
  core::ChangeSet change = change_set(1, 2);
  SUBCASE("origin 0") {
    change.origin = 0;
  }
  SUBCASE("origin too large") {
    change.origin = kNodeIdMax + 1;
  }
  SUBCASE("seq 0") {
    change.seq = 0;
  }
  SUBCASE("a stamp below zero") {
    change.hlc.value = -1;
  }
  SUBCASE("a dependency on nobody") {
    change.depends = {{0, 1}};
  }
  SUBCASE("a dependency on nothing") {
    change.depends = {{1, 0}};
  }
  SUBCASE("too many dependencies") {
    change.depends.assign(kPositionsMax + 1, {2, 1});
  }
  refuses(changes(change));
}

TEST_CASE("a gap between change sets of one origin is refused") {
  refuses({"main", core::Changes{uuid_of(1), {change_set(1, 1), change_set(1, 3)}}});
  refuses({"main", core::Changes{uuid_of(1), {change_set(1, 2), change_set(1, 1)}}});
}

TEST_CASE("messages that can't be are refused") {
  refuses({"main", core::Pull{uuid_of(1), 0, 1, 1}});
  refuses({"main", core::Pull{uuid_of(1), 1, 0, 1}});
  refuses({"main", core::Pull{uuid_of(1), 1, 1, -1}});
  refuses({"main", core::Gone{uuid_of(1), 1, -1}});
  refuses({"main", core::Have{uuid_of(1), false, false, {{1, -1}}, {}, {}}});
  refuses({"main", core::Have{uuid_of(1), false, false, {}, core::Hlc{-5}, {}}});
  refuses({"main", core::Have{uuid_of(1), false, false, {}, {}, {}, -1}});
  refuses({"main", SnapshotRequest{1, -1, 1}});
  refuses({"main", SnapshotChunk{1, 0, SharedBytes(std::string(kSnapshotChunkBytesMax + 1, 'x')), 0}});
  refuses({"", Call{1, std::string(kCallNameBytesMax + 1, 'x'), ""}});
}

TEST_CASE("what belongs to a database names it, what does not doesn't") {
  refuses({"", core::Absent{}});
  refuses({"main", core::SwimMessage{}});
  refuses({"main\n", core::Absent{}});
  refuses({std::string(kDatabaseNameBytesMax + 1, 'x'), core::Absent{}});
}

TEST_CASE("a member with an impossible address or state is refused") {
  core::SwimMessage swim;
  swim.gossip = {{1, uuid_of(3), "10.0.0.1:7000", core::MemberState::kAlive, 9}};
  SUBCASE("an address with a line end") {
    swim.gossip[0].address = "x\ny";
  }
  SUBCASE("a long address") {
    swim.gossip[0].address = std::string(kAddressBytesMax + 1, 'x');
  }
  SUBCASE("a state of the future") {
    swim.gossip[0].state = static_cast<core::MemberState>(77);
  }
  SUBCASE("no node") {
    swim.gossip[0].id = 0;
  }
  SUBCASE("a probe of the future") {
    swim.kind = static_cast<core::SwimKind>(9);
  }
  refuses({"", swim});
}
