#include "agent/service/data_dir.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include <doctest/doctest.h>

#include "tests/unit/service/temporary_folder.h"

namespace murmel::service {
namespace {

using test::TemporaryFolder;

}  // namespace

TEST_CASE("a new directory gets an identity, and keeps it") {
  const TemporaryFolder folder;
  Uuid uuid;
  NodeId node = 0;
  {
    const auto first = DataDir::open(folder.file("data/deep"), 0);
    REQUIRE(first.ok());
    uuid = first->uuid();
    node = first->node_id();
    CHECK_FALSE(uuid.is_nil());
    CHECK(node == derive_node_id(uuid));
  }
  const auto again = DataDir::open(folder.file("data/deep"), 0);
  REQUIRE(again.ok());
  CHECK(again->uuid() == uuid);
  CHECK(again->node_id() == node);
}

TEST_CASE("a second agent on the same directory is refused with a sentence") {
  const TemporaryFolder folder;
  const auto first = DataDir::open(folder.file("data"), 1);
  REQUIRE(first.ok());
  const auto second = DataDir::open(folder.file("data"), 1);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == ErrorCode::kRefused);
  CHECK(second.error().message.find("another agent already runs") == 0);
}

TEST_CASE("a copy is refused; one that was moved is told apart by a person") {
  const TemporaryFolder folder;
  const Uuid uuid = DataDir::open(folder.file("data"), 1)->uuid();
  std::filesystem::copy(folder.file("data"), folder.file("copy"), std::filesystem::copy_options::recursive);
  const auto copy = DataDir::open(folder.file("copy"), 1);
  REQUIRE_FALSE(copy.ok());
  CHECK(copy.error().code == ErrorCode::kRefused);
  CHECK(copy.error().message.find("is a copy") != std::string::npos);
  CHECK(DataDir::open(folder.file("data"), 1).ok());
  std::filesystem::rename(folder.file("data"), folder.file("renamed"));
  CHECK(DataDir::open(folder.file("renamed"), 1).ok());
  std::filesystem::remove(folder.file("copy/lock"));
  for (int start = 0; start < 2; ++start) {
    const auto moved = DataDir::open(folder.file("copy"), 1);
    REQUIRE(moved.ok());
    CHECK(moved->uuid() == uuid);
  }
}

TEST_CASE("an agent that starts while the last one ends waits for it") {
  const TemporaryFolder folder;
  auto first = std::make_optional(DataDir::open(folder.file("data"), 1));
  REQUIRE(first->ok());
  bool opened = false;
  std::thread starting([&] { opened = DataDir::open(folder.file("data"), 1, seconds(30)).ok(); });
  first.reset();
  starting.join();
  CHECK(opened);
}

TEST_CASE("a directory keeps its node id") {
  const TemporaryFolder folder;
  REQUIRE(DataDir::open(folder.file("data"), 4).ok());
  CHECK(DataDir::open(folder.file("data"), 0)->node_id() == 4);
  const auto other = DataDir::open(folder.file("data"), 5);
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().code == ErrorCode::kRefused);
}

TEST_CASE("a damaged identity is an error, not a new node") {
  const TemporaryFolder folder;
  REQUIRE(DataDir::open(folder.file("data"), 4).ok());
  std::ofstream(folder.file("data/identity.json"), std::ios::trunc) << "{\"format\":";
  CHECK(DataDir::open(folder.file("data"), 0).error().code == ErrorCode::kCorrupt);
}

TEST_CASE("a derived node id is positive and fits 31 bits") {
  Uuid uuid;
  CHECK(derive_node_id(uuid) == 1);
  uuid.bytes.fill(0xff);
  CHECK(derive_node_id(uuid) == kNodeIdMax);
}

}  // namespace murmel::service
