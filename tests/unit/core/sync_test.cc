#include "agent/core/sync.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

namespace murmel::core {
namespace {

constexpr WallMs kWallMs = 1'000'000;

Uuid history(int n = 1) {
  Uuid id;
  id.bytes[0] = static_cast<std::uint8_t>(n);
  return id;
}

ChangeSet change(NodeId origin, Seq seq, std::size_t bytes = 10) {
  ChangeSet set;
  set.origin = origin;
  set.seq = seq;
  set.hlc = Hlc::at(kWallMs, static_cast<int>(seq));
  set.rows = SharedBytes(std::string(bytes, 'x'));
  return set;
}

// One core, node 1, and what it did in the last step.
struct Core {
  explicit Core(SyncOptions options = {}) : sync((options.self = 1, options)) {}

  SyncEffects& step(SyncInput input) {
    effects.clear();
    sync.step({now, kWallMs}, std::move(input), effects);
    return effects;
  }
  void pass(Duration span) { now = now + span; }
  SyncEffects& open(VersionVector have = {}) {
    StoreState state;
    state.have = std::move(have);
    state.database_id = history();
    return step(sync_input::Opened{state});
  }
  SyncEffects& hear(NodeId node, Message message) {
    return step(sync_input::Received{node, std::move(message)});
  }
  Have have_of(VersionVector vector, VersionVector trimmed = {}) const {
    Have have;
    have.database_id = history();
    have.vector = std::move(vector);
    have.trimmed = std::move(trimmed);
    have.clock = Hlc::at(kWallMs);
    return have;
  }
  void meet(NodeId node, VersionVector vector = {}, VersionVector trimmed = {}) {
    step(sync_input::PeerUp{node});
    hear(node, have_of(std::move(vector), std::move(trimmed)));
  }
  template <typename T>
  std::vector<std::pair<NodeId, T>> sent() const {
    std::vector<std::pair<NodeId, T>> found;
    for (const auto& send : effects.send) {
      if (const T* message = std::get_if<T>(&send.message)) {
        for (const NodeId to : send.to) found.push_back({to, *message});
      }
    }
    return found;
  }

  Instant now{seconds(100).ns};
  Sync sync;
  SyncEffects effects;
};

TEST_CASE("own changes go to every peer at once, in one message") {
  Core core;
  core.open();
  core.meet(2);
  core.meet(3);
  core.step(sync_input::LocalChanges{{change(1, 1), change(1, 2)}});
  const auto sent = core.sent<Changes>();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].second.changes.size() == 2);
  CHECK(core.effects.send[0].to == std::vector<NodeId>{2, 3});
}

TEST_CASE("nothing is pushed past the window; a pull brings the peer back into step") {
  SyncOptions options;
  options.push_window_bytes = 1'000;
  Core core(options);
  core.open();
  core.meet(2);
  core.step(sync_input::LocalChanges{{change(1, 1, 800)}});
  CHECK(core.sent<Changes>().size() == 1);
  core.step(sync_input::LocalChanges{{change(1, 2, 800)}});
  CHECK(core.sent<Changes>().empty());
  core.hear(2, Pull{history(), 1, 2, 1'000'000});
  REQUIRE(core.sent<Changes>().size() == 1);
  CHECK(core.sent<Changes>()[0].second.changes[0].seq == 2);
  core.hear(2, core.have_of({{1, 2}}));
  core.step(sync_input::LocalChanges{{change(1, 3, 800)}});
  CHECK(core.sent<Changes>().size() == 1);
}

TEST_CASE("what is missing is pulled from the origin, and from another peer if that does not answer") {
  Core core;
  core.open();
  core.meet(2, {{2, 5}});
  auto pulls = core.sent<Pull>();
  REQUIRE(pulls.size() == 1);
  CHECK(pulls[0].first == 2);
  CHECK(pulls[0].second.from == 1);
  core.meet(3, {{2, 5}});
  CHECK(core.sent<Pull>().empty());
  core.pass(seconds(3));
  core.step(sync_input::Tick{});
  pulls = core.sent<Pull>();
  REQUIRE(pulls.size() == 1);
  CHECK(pulls[0].first == 3);
}

TEST_CASE("one apply at a time: what comes meanwhile goes into the next one") {
  Core core;
  core.open();
  core.meet(2);
  core.hear(2, Changes{history(), {change(2, 1)}});
  CHECK(core.effects.apply.size() == 1);
  core.hear(2, Changes{history(), {change(2, 2)}});
  core.hear(2, Changes{history(), {change(2, 3)}});
  CHECK(core.effects.apply.empty());
  core.step(sync_input::Applied{{{2, 1}}, Hlc::at(1)});
  CHECK(core.effects.apply.size() == 2);
}

TEST_CASE("positions are told only after they are durable") {
  Core core;
  core.open();
  core.meet(2);
  core.hear(2, Changes{history(), {change(2, 1)}});
  core.pass(milliseconds(50));
  core.step(sync_input::Applied{{{2, 1}}, Hlc::at(kWallMs)});
  CHECK(core.effects.sync);
  for (const auto& [to, have] : core.sent<Have>()) CHECK(seq_of(have.vector, 2) == 0);
  core.pass(milliseconds(50));
  core.step(sync_input::Durable{{{2, 1}}, Hlc::at(kWallMs)});
  REQUIRE(core.sent<Have>().size() == 1);
  CHECK(seq_of(core.sent<Have>()[0].second.vector, 2) == 1);
}

TEST_CASE("a read of the own log never carries more than is durable") {
  Core core;
  core.open({{1, 3}});
  core.meet(2);
  core.hear(2, Pull{history(), 1, 1, 1'000'000});
  REQUIRE(core.effects.read_range.size() == 1);
  const auto request = core.effects.read_range[0].request;
  core.step(
      sync_input::RangeRead{request, {change(1, 1), change(1, 2), change(1, 3), change(1, 4)}, false, 0});
  REQUIRE(core.sent<Changes>().size() == 1);
  CHECK(core.sent<Changes>()[0].second.changes.size() == 3);
}

TEST_CASE("the log of a peer that begins too late is replaced by its snapshot, after some patience") {
  Core core;
  core.open();
  core.meet(2, {{2, 50}}, {{2, 40}});
  CHECK_FALSE(core.effects.want_snapshot);
  core.pass(seconds(2));
  core.step(sync_input::Tick{});
  CHECK(core.effects.want_snapshot == NodeId{2});
  StoreState state;
  state.database_id = history();
  state.have = {{2, 50}};
  core.step(sync_input::SnapshotInstalled{state});
  CHECK(core.sync.caught_up());
}

TEST_CASE("a failed apply is tried again after a pause, with what is pulled anew") {
  Core core;
  core.open();
  core.meet(2, {{2, 1}});
  core.hear(2, Changes{history(), {change(2, 1)}});
  core.step(sync_input::ApplyFailed{{0, 0}, ErrorCode::kFull, "disk full", {}, {}});
  CHECK(core.effects.report.size() == 1);
  CHECK(core.sync.status().error == "disk full");
  core.pass(milliseconds(200));
  core.step(sync_input::Tick{});
  core.hear(2, Changes{history(), {change(2, 1)}});
  CHECK(core.effects.apply.size() == 1);
  core.step(sync_input::Applied{{{2, 1}}, Hlc::at(1)});
  CHECK(core.sync.status().error.empty());
}

TEST_CASE("a transaction that can't be applied holds up its origin alone, and is shown until it is applied") {
  Core core;
  core.open();
  core.meet(2);
  core.meet(3);
  core.hear(2, Changes{history(), {change(2, 1)}});
  core.step(sync_input::ApplyFailed{{2, 1}, ErrorCode::kInvalid, "no such column", {}, {}});
  REQUIRE(core.sync.status().quarantine.size() == 1);
  CHECK(core.sync.status().quarantine[0].at == Position{2, 1});
  CHECK(core.sync.status().quarantine[0].text == "no such column");
  CHECK(core.effects.report.size() == 1);
  core.hear(2, Changes{history(), {change(2, 1)}});
  CHECK(core.effects.apply.empty());
  core.hear(3, Changes{history(), {change(3, 1)}});
  REQUIRE(core.effects.apply.size() == 1);
  CHECK(core.effects.apply[0].origin == 3);
  core.step(sync_input::Applied{{{3, 1}}, Hlc::at(1)});
  CHECK(core.sync.status().quarantine.size() == 1);

  core.step(sync_input::RetryNow{});
  REQUIRE(core.effects.apply.size() == 1);
  core.step(sync_input::ApplyFailed{{2, 1}, ErrorCode::kInvalid, "no such column", {{3, 1}}, {}});
  CHECK(core.effects.report.empty());
  CHECK(core.sync.status().quarantine[0].attempts == 2);
  core.pass(milliseconds(200));
  core.hear(2, Changes{history(), {change(2, 1)}});
  core.step(sync_input::Applied{{{2, 1}, {3, 1}}, Hlc::at(1)});
  CHECK(core.sync.status().quarantine.empty());
  CHECK(core.sync.status().error.empty());
}

TEST_CASE("another history is not mixed in") {
  Core core;
  core.open({{1, 1}});
  core.step(sync_input::PeerUp{2});
  core.hear(2, Changes{history(9), {change(2, 1)}});
  CHECK(core.effects.apply.empty());
  CHECK(core.sync.status().store.have == VersionVector{{1, 1}});
}

TEST_CASE("an old copy of the file is refused when peers know more of its own changes") {
  Core core;
  core.open({{1, 5}});
  core.meet(2, {{1, 9}});
  CHECK(core.sync.status().state == SyncState::kRunning);
  core.pass(seconds(3));
  core.step(sync_input::Tick{});
  CHECK(core.sync.status().state == SyncState::kRefused);
  CHECK(core.effects.report.size() == 1);
}

// Nodes 1 and 2 have one record of 2, and agree that nothing earlier comes.
void raise_watermark(Core& core) {
  core.open();
  core.step(sync_input::Members{{1, 2}});
  core.meet(2, {{2, 1}});
  core.hear(2, Changes{history(), {change(2, 1)}});
  core.step(sync_input::Applied{{{2, 1}}, Hlc::at(kWallMs, 1)});
  core.pass(milliseconds(50));
  core.step(sync_input::Durable{{{2, 1}}, Hlc::at(kWallMs, 1)});
  REQUIRE(core.sync.status().watermark > Hlc{});
}

TEST_CASE("a record that the watermark does not hold for moves it down before it is applied") {
  Core core;
  raise_watermark(core);
  core.meet(3, {{3, 1}});
  core.hear(3, Changes{history(), {change(3, 1)}});
  CHECK(core.effects.set_watermark == Watermark{});
  CHECK(core.effects.apply.size() == 1);
}

TEST_CASE("an aborted transaction, which changes nothing, leaves the watermark where it is") {
  Core core;
  raise_watermark(core);
  ChangeSet aborted = change(decided_origin(2), 1);
  aborted.hlc = kVoidStamp;
  core.step(sync_input::Decided{{aborted}});
  CHECK_FALSE(core.effects.set_watermark);
  CHECK(core.effects.apply.size() == 1);
}

TEST_CASE("malformed change sets and own ones from elsewhere are ignored") {
  Core core;
  core.open();
  core.meet(2);
  core.hear(2, Changes{history(), {change(0, 1), change(1, 1), change(2, 0)}});
  CHECK(core.effects.apply.empty());
}

}  // namespace
}  // namespace murmel::core
