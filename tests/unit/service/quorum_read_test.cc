// What a node takes for an answer when it asks a majority what was committed.
#include "agent/service/quorum_read.h"

#include <optional>

#include <doctest/doctest.h>

#include "agent/service/commit_host.h"
#include "schemas/row_stream.h"
#include "tests/unit/service/outbox_recorder.h"
#include "tests/unit/service/temporary_folder.h"

namespace murmel::service {
namespace {

constexpr Duration kPatience = seconds(20);
constexpr NodeId kSlots2 = decided_origin(2);

// Node 1 of three voters; the others are played by the test.
struct Reader final : CommitHost::Store, VoterSource {
  explicit Reader(bool open) {
    CommitHostOptions options;
    options.database = "app";
    options.core.self = 1;
    options.core.no_rows = SharedBytes(std::string(1, static_cast<char>(row_stream::kVersion)));
    host.emplace(*loop, options, outbox, *journal, *this, *this);
    if (!open) return;
    host->open({}, {{kSlots2, 4}}, [](const Status& status) { CHECK(status.ok()); });
    const Instant end = loop->now() + kPatience;
    while (!host->is_open() && loop->now() < end) loop->run_for(milliseconds(5));
    REQUIRE(host->is_open());
  }

  void decided(std::vector<core::ChangeSet>) override {}
  void authors(std::vector<NodeId>) override {}
  void pending(const core::sync_input::Pending&) override {}
  core::Epoch epoch() const override { return {5, {1, 2, 3}}; }
  core::VersionVector tips(const Uuid&) const override { return {}; }
  bool fenced() const override { return false; }
  std::vector<NodeId> data_voters() const override { return {1, 2, 3}; }

  void ask(Duration hold_back = {}) {
    outbox.take();
    read_at_quorum(calls, *host, kPatience, hold_back, [this](auto given) { reply = std::move(given); });
    for (const auto& [node, message] : outbox.take()) asked[node] = std::get<wire::Call>(message.body);
  }
  void answer(NodeId node, const std::string& body) {
    calls.received(node, wire::Answer{asked.at(node).number, false, body});
  }

  test::TemporaryFolder folder;
  std::unique_ptr<io::Loop> loop = std::move(io::Loop::make()).value();
  test::OutboxRecorder outbox{{2, 3}};
  Calls calls{*loop, outbox};
  std::optional<JournalThread> journal{std::in_place, *loop, folder.file("journal"),
                                       store::CommitJournal::Durability::kFsync};
  std::optional<CommitHost> host;
  std::map<NodeId, wire::Call> asked;
  std::optional<Result<core::VersionVector>> reply;
};

}  // namespace

TEST_CASE("what a majority knows is what may be read, and the node itself is one of them") {
  Reader reader(true);
  reader.ask();
  REQUIRE(reader.asked.size() == 2);
  CHECK(reader.asked[3].body == R"({"database":"app","epoch":5})");
  CHECK_FALSE(reader.reply);
  reader.answer(3, "[[2147483651,7]]");
  REQUIRE(reader.reply);
  CHECK(**reader.reply == core::VersionVector{{kSlots2, 4}, {decided_origin(3), 7}});
}

TEST_CASE("who reads may have new transactions wait, here and where it asks") {
  Reader reader(true);
  reader.ask(milliseconds(25));
  REQUIRE(reader.asked.size() == 2);
  CHECK(reader.asked[3].body == R"({"database":"app","epoch":5,"hold_ms":25})");
}

TEST_CASE("a node whose journal does not work is not one of the majority that it asks") {
  Reader reader(false);
  reader.ask();
  reader.answer(3, "[[2147483651,7]]");
  CHECK_FALSE(reader.reply);
  reader.answer(2, "[]");
  REQUIRE(reader.reply);
  CHECK(**reader.reply == core::VersionVector{{decided_origin(3), 7}});
}

TEST_CASE("while voters are changed it may be asked again; without a majority it may not") {
  Reader reader(true);
  SUBCASE("changed") {
    reader.ask();
    reader.answer(2, "null");
    reader.answer(3, "null");
    REQUIRE(reader.reply);
    CHECK(reader.reply->error().code == ErrorCode::kBusy);
  }
  SUBCASE("away") {
    reader.outbox.unlink(2);
    reader.outbox.unlink(3);
    reader.ask();
    REQUIRE(reader.reply);
    CHECK(reader.reply->error().code == ErrorCode::kUnavailable);
  }
}

TEST_CASE("questions of another epoch are answered with null, bad ones with an error") {
  Reader reader(true);
  answer_quorum_reads(
      reader.calls, [&](const std::string& database) { return database == "app" ? &*reader.host : nullptr; });
  const auto asked = [&](const std::string& body) {
    reader.outbox.take();
    reader.calls.received(2, wire::Call{1, "known", body});
    const auto sent = reader.outbox.take();
    REQUIRE(sent.size() == 1);
    return std::get<wire::Answer>(sent[0].second.body);
  };
  CHECK(asked(R"({"database":"app","epoch":5})").body == "[[2147483650,4]]");
  CHECK(asked(R"({"database":"app","epoch":4})").body == "null");
  CHECK(asked(R"({"database":"app","epoch":5,"hold_ms":25})").body == "[[2147483650,4]]");
  CHECK(asked(R"({"database":"other","epoch":5})").failed);
  for (const char* bad :
       {"", "app", "[]", R"({"database":1,"epoch":5})", R"({"database":"app","epoch":-1})"}) {
    INFO(std::string(bad));
    CHECK(asked(bad).failed);
  }
}

}  // namespace murmel::service
