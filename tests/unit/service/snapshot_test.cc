// A snapshot on its way from a donor to a receiver, message by message.
#include <filesystem>
#include <fstream>
#include <optional>

#include <doctest/doctest.h>

#include "agent/service/file_hash.h"
#include "agent/service/snapshot_donor.h"
#include "agent/service/snapshot_fetcher.h"
#include "agent/store/database.h"
#include "tests/unit/service/outbox_recorder.h"
#include "tests/unit/service/temporary_folder.h"

namespace murmel::service {
namespace {

using test::OutboxRecorder;
using test::TemporaryFolder;

constexpr int kRoundsMax = 3'000;

struct Fixture {
  TemporaryFolder folder;
  std::unique_ptr<io::Loop> loop = std::move(io::Loop::make()).value();
  OutboxRecorder from_donor{{2}};
  OutboxRecorder from_fetcher{{1}};
  std::optional<SnapshotDonor> donor;
  std::optional<SnapshotFetcher> fetcher;
  std::optional<Result<std::string>> result;
  std::function<void(wire::PeerMessage&)> tamper = [](wire::PeerMessage&) {};

  Fixture() {
    store::Options options;
    options.node = 1;
    REQUIRE(store::Database::open(folder.file("app.db"), options).ok());
    donor.emplace(*loop, 1, folder.path(), from_donor, [this](const std::string& name) {
      return name == "app" ? folder.file("app.db") : std::string();
    });
  }
  void fetch(const std::string& database, Duration timeout = seconds(60)) {
    FetchOptions options{.donor = 1,
                         .database = database,
                         .file = folder.file("in"),
                         .chunk_bytes = 4'096,
                         .timeout = timeout};
    fetcher.emplace(*loop, options, from_fetcher, [this](Result<std::string> r) { result = std::move(r); });
    fetcher->start();
  }
  void pump() {
    for (auto& [to, message] : from_fetcher.take()) {
      donor->received(2, message.database, std::get<wire::SnapshotRequest>(message.body));
    }
    for (auto& [to, message] : from_donor.take()) {
      tamper(message);
      if (auto* offer = std::get_if<wire::SnapshotOffer>(&message.body)) fetcher->received(1, *offer);
      if (auto* chunk = std::get_if<wire::SnapshotChunk>(&message.body)) fetcher->received(1, *chunk);
    }
    loop->run_for(milliseconds(5));
  }
  void until_done() {
    for (int round = 0; round < kRoundsMax && !result; ++round) pump();
    REQUIRE(result);
  }
};

}  // namespace

TEST_CASE("a snapshot arrives whole, and is one") {
  Fixture f;
  f.fetch("app");
  f.until_done();
  REQUIRE(f.result->ok());
  CHECK(hash_file(f.folder.file("in"))->bytes > 4'096);
  CHECK(f.fetcher->status().state == FetchState::kDone);
  REQUIRE(f.donor->status().size() == 1);
  CHECK(hash_file(f.folder.file("in"))->bytes == f.donor->status()[0].total);
}

TEST_CASE("chunks that get lost are asked for again") {
  Fixture f;
  int chunks = 0;
  f.tamper = [&](wire::PeerMessage& message) {
    if (std::holds_alternative<wire::SnapshotChunk>(message.body) && ++chunks == 2)
      message.body = wire::SnapshotOffer{};
  };
  f.fetch("app");
  f.until_done();
  CHECK(f.result->ok());
}

TEST_CASE("a damaged chunk, and a whole of another hash, are noticed") {
  Fixture f;
  SUBCASE("chunk") {
    f.tamper = [](wire::PeerMessage& message) {
      if (auto* chunk = std::get_if<wire::SnapshotChunk>(&message.body)) chunk->hash ^= 1;
    };
  }
  SUBCASE("whole") {
    f.tamper = [](wire::PeerMessage& message) {
      if (auto* offer = std::get_if<wire::SnapshotOffer>(&message.body)) offer->hash[0] ^= 1;
    };
  }
  f.fetch("app");
  f.until_done();
  REQUIRE_FALSE(f.result->ok());
  CHECK(f.result->error().code == ErrorCode::kCorrupt);
  CHECK_FALSE(std::filesystem::exists(f.folder.file("in")));
}

TEST_CASE("a donor without the database says so") {
  Fixture f;
  f.fetch("other");
  f.until_done();
  CHECK(f.result->error().message.find("no such database") != std::string::npos);
}

TEST_CASE("a donor that is gone is given up after the time-out") {
  Fixture f;
  f.fetch("app", milliseconds(1));
  f.from_fetcher.unlink(1);
  f.from_fetcher.take();
  f.until_done();
  CHECK(f.result->error().code == ErrorCode::kTimeout);
}

TEST_CASE("a donor serves a transfer to the node that asked for it only, and no offset outside it") {
  Fixture f;
  f.fetch("app");
  f.until_done();
  const auto refusal = [&](NodeId from, std::uint64_t transfer, std::int64_t offset) {
    f.donor->received(from, "app", {transfer, offset, 4'096});
    const auto sent = f.from_donor.take();
    return sent.size() == 1 ? std::get<wire::SnapshotOffer>(sent[0].second.body).error : std::string();
  };
  f.from_donor.link(3);
  CHECK_FALSE(refusal(2, 12'345, 0).empty());
  f.donor->received(2, "app", {0, 0, 0});
  const auto offered = f.from_donor.take();
  REQUIRE(offered.size() == 1);
  const std::uint64_t transfer = std::get<wire::SnapshotOffer>(offered[0].second.body).transfer;
  CHECK_FALSE(refusal(3, transfer, 0).empty());
  while (f.from_donor.take().empty()) f.loop->run_for(milliseconds(5));  // ready
  CHECK_FALSE(refusal(2, transfer, std::int64_t{1} << 40).empty());
  CHECK_FALSE(refusal(2, transfer, -1).empty());
}

}  // namespace murmel::service
