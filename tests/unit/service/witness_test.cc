// A Witness between two nodes with a database, for which the test speaks.
#include "agent/service/witness.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "schemas/row_stream.h"
#include "tests/unit/service/outbox_recorder.h"
#include "tests/unit/service/temporary_folder.h"

namespace murmel::service {
namespace {

constexpr Duration kPatience = seconds(30);
constexpr NodeId kWitness = 3;
constexpr std::int64_t kBytesMax = 1'000;
const NodeId kSlots = decided_origin(1);

Uuid database_id(std::uint8_t number = 7) {
  Uuid id;
  id.bytes.fill(number);
  return id;
}

struct Voters final : VoterSource {
  core::Epoch epoch() const override { return {5, {1, 2, kWitness}}; }
  core::VersionVector tips(const Uuid&) const override { return {}; }
  bool fenced() const override { return false; }
  std::vector<NodeId> data_voters() const override { return with_data; }
  std::vector<NodeId> with_data = {1, 2};
};

class Third {
 public:
  Third() { start(); }
  void start() {
    witness.reset();
    journal.emplace(*loop, folder.file("journal"), store::CommitJournal::Durability::kFsync);
    const auto options = [](const std::string& database) {
      CommitHostOptions result;
      result.database = database;
      result.witness = true;
      result.core.self = kWitness;
      result.core.kept_bytes_max = kBytesMax;
      result.core.forget_after = milliseconds(10);
      result.core.no_rows = SharedBytes(std::string(1, static_cast<char>(row_stream::kVersion)));
      return result;
    };
    witness.emplace(*loop, options, 2, outbox, *journal, voters);
    for (const NodeId node : {1, 2}) witness->peer_up(node);
    outbox.take();
  }
  template <typename Condition>
  void until(const Condition& condition) {
    const Instant end = loop->now() + kPatience;
    while (!condition() && loop->now() < end) loop->run_for(milliseconds(5));
    REQUIRE(condition());
  }
  void hear(NodeId node, core::CommitMessage message) { witness->received(node, "app", std::move(message)); }
  // The node has slots of node 1 up to `seq` on its disk.
  void have(NodeId node, Seq seq) {
    core::Have have;
    have.database_id = database_id();
    if (seq > 0) have.vector[kSlots] = seq;
    witness->heard(node, "app", have);
  }
  void open() {
    have(1, 0);
    until([&] { return witness->find("app") != nullptr && witness->find("app")->is_open(); });
  }
  core::Vote ask(Seq seq, std::size_t bytes) {
    core::Transaction transaction;
    transaction.change.origin = kSlots;
    transaction.change.seq = seq;
    transaction.change.hlc = core::Hlc::at(1'000 + seq);
    transaction.change.rows = SharedBytes(std::string(bytes, 'r'));
    transaction.seen[kSlots] = seq - 1;
    transaction.claims = {static_cast<core::Claim>(seq)};
    hear(1, core::Prepare{database_id(), 5, {transaction}});
    std::optional<core::Vote> vote;
    until([&] {
      for (auto& [to, message] : outbox.take()) {
        const auto* votes = std::get_if<core::Votes>(&message.body);
        if (votes != nullptr && to == 1) vote = votes->votes.front();
      }
      return vote.has_value();
    });
    return *vote;
  }
  void commit(Seq seq, std::size_t bytes = 100) {
    REQUIRE(ask(seq, bytes).reason == core::VoteReason::kYes);
    hear(1, core::Decided{database_id(), {{{kSlots, seq}, core::Hlc::at(1'000 + seq), true}}});
  }
  Witness::Kept kept() const { return witness->status().front(); }
  // What node 2 was given since the last call, waiting for it if it must come.
  std::vector<core::ChangeSet> given(Seq told) {
    std::vector<core::ChangeSet> changes;
    until([&] {
      have(2, told);
      for (auto& [to, message] : outbox.take()) {
        auto* given = std::get_if<core::Changes>(&message.body);
        if (given != nullptr && to == 2) changes = std::move(given->changes);
      }
      return !changes.empty();
    });
    return changes;
  }
  bool decision_on_disk() {
    auto reader =
        store::CommitJournal::open(folder.file("journal"), store::CommitJournal::Durability::kFsync);
    if (!reader.ok()) return false;  // it is being written to
    const auto records = reader->read(database_id());
    REQUIRE(records.ok());
    return std::any_of(records->begin(), records->end(), [](const auto& record) {
      return std::holds_alternative<core::journal::Known>(record);
    });
  }
  void go_away(NodeId node) {
    witness->peer_down(node);
    outbox.unlink(node);
  }

  test::TemporaryFolder folder;
  std::unique_ptr<io::Loop> loop = std::move(io::Loop::make()).value();
  test::OutboxRecorder outbox{{1, 2}};
  Voters voters;
  std::optional<JournalThread> journal;
  std::optional<Witness> witness;
};

}  // namespace

TEST_CASE("a witness keeps a transaction until all voters with databases have it, linked or not") {
  Third third;
  third.open();
  third.have(2, 0);
  third.commit(1);
  third.commit(2);
  third.go_away(2);
  third.have(1, 2);
  CHECK(third.kept().status.kept == 2);
  CHECK(third.kept().status.kept_bytes == 200);
  CHECK(third.kept().away == std::vector<NodeId>{2});
  third.witness->peer_up(2);
  third.have(2, 1);
  CHECK(third.kept().status.kept == 1);
  third.have(2, 2);
  CHECK(third.kept().status.kept == 0);
  third.until([&] { return third.kept().status.kept_bytes == 0; });
}

TEST_CASE("beyond its limit a witness does not vote, until the voter that is away is taken out") {
  Third third;
  third.open();
  third.commit(1, 600);
  CHECK(third.ask(2, 600).reason == core::VoteReason::kLimit);
  third.voters.with_data = {1};
  third.have(1, 1);
  third.until([&] { return third.kept().status.kept_bytes == 0; });
  CHECK(third.ask(2, 600).reason == core::VoteReason::kYes);
}

TEST_CASE("a voter gets from a witness what it lacks and nobody else has") {
  Third third;
  third.open();
  third.commit(1);
  third.commit(2);
  third.commit(3);
  third.have(1, 3);
  third.go_away(1);
  const auto changes = third.given(1);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].seq == 2);
  CHECK(changes[1].rows == SharedBytes(std::string(100, 'r')));
  CHECK(third.kept().given >= 2);
}

TEST_CASE("what a witness keeps is there after its restart") {
  Third third;
  third.open();
  third.commit(1);
  third.until([&] { return third.decision_on_disk(); });
  third.go_away(1);
  third.start();
  third.witness->peer_down(1);
  const auto changes = third.given(0);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].origin == kSlots);
}

TEST_CASE("a voter that is linked gives what it has itself") {
  Third third;
  third.open();
  third.commit(1);
  third.have(1, 1);
  const Instant end = third.loop->now() + milliseconds(1'500);
  while (third.loop->now() < end) {
    third.have(2, 0);
    third.loop->run_for(milliseconds(50));
  }
  CHECK(third.kept().given == 0);
}

TEST_CASE("a database whose history is still to be taken from others is none, and there is a limit of them") {
  Third third;
  core::Have have;
  have.database_id = database_id();
  have.fresh = true;
  third.witness->heard(1, "app", have);
  CHECK(third.witness->find("app") == nullptr);
  have.fresh = false;
  for (std::uint8_t number = 1; number <= 3; ++number) {
    have.database_id = database_id(number);
    third.witness->heard(1, "app" + std::to_string(number), have);
  }
  CHECK(third.witness->find("app2") != nullptr);
  CHECK(third.witness->find("app3") == nullptr);
}

}  // namespace murmel::service
