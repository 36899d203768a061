#include "tests/unit/store/node.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

namespace murmel::store::test {

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "murmel_store_XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

App::App(const std::string& path, bool capture) {
  REQUIRE(sqlite3_open(path.c_str(), &db_) == SQLITE_OK);
  sqlite3_busy_timeout(db_, 5'000);
  run("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF");
  if (!capture) return;
  sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr);
  char* error = nullptr;
  const int code = sqlite3_load_extension(db_, MURMEL_EXTENSION, nullptr, &error);
  INFO(std::string(error != nullptr ? error : ""));
  REQUIRE(code == SQLITE_OK);
}

App::~App() {
  sqlite3_close_v2(db_);
}

void App::run(const std::string& sql) {
  char* error = nullptr;
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &error);
  INFO(sql);
  INFO(std::string(error != nullptr ? error : ""));
  REQUIRE(code == SQLITE_OK);
}

bool App::try_run(const std::string& sql) {
  return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

std::string App::query(const std::string& sql) {
  std::string text;
  const auto add_row = [](void* out, int columns, char** values, char** /*names*/) {
    auto& rows = *static_cast<std::string*>(out);
    if (!rows.empty()) rows += '\n';
    for (int i = 0; i < columns; ++i) {
      rows += (i == 0 ? "" : "|");
      rows += values[i] != nullptr ? values[i] : "NULL";
    }
    return 0;
  };
  INFO(sql);
  char* error = nullptr;
  const int code = sqlite3_exec(db_, sql.c_str(), add_row, &text, &error);
  INFO(std::string(error != nullptr ? error : ""));
  REQUIRE(code == SQLITE_OK);
  return text;
}

TestNode::TestNode(const TempDir& dir, NodeId id, Options options) : options_(std::move(options)) {
  options_.node = id;
  path_ = dir.file("node" + std::to_string(id) + ".db");
  restart();
  app_ = std::make_unique<App>(path_);
}

void TestNode::restart() {
  db_.reset();
  auto opened = Database::open(path_, options_);
  INFO((opened.ok() ? std::string() : opened.error().message));
  REQUIRE(opened.ok());
  db_ = std::move(opened).value();
}

std::vector<core::ChangeSet> TestNode::tail() {
  std::vector<core::ChangeSet> all;
  for (;;) {
    auto changes = db_->tail(1 << 20);
    INFO((changes.ok() ? std::string() : changes.error().message));
    REQUIRE(changes.ok());
    if (changes->empty()) return all;
    for (auto& change : *changes) all.push_back(std::move(change));
  }
}

ApplyReport TestNode::apply(std::span<const core::ChangeSet> changes) {
  auto report = db_->apply(changes);
  INFO((report.ok() ? std::string() : report.error().message));
  REQUIRE(report.ok());
  return std::move(report).value();
}

Seq TestNode::have(NodeId origin) {
  const auto state = db_->state();
  REQUIRE(state.ok());
  return core::seq_of(state->have, origin);
}

ApplyReport replicate(TestNode& from, TestNode& to) {
  return to.apply(from.tail());
}

void exchange(TestNode& a, TestNode& b) {
  for (int round = 0; round < 10; ++round) {
    const auto from_a = a.tail();
    const auto from_b = b.tail();
    if (from_a.empty() && from_b.empty()) return;
    const ApplyReport at_b = b.apply(from_a);
    const ApplyReport at_a = a.apply(from_b);
    for (const auto& failure : at_a.failures) FAIL_CHECK(failure.message);
    for (const auto& failure : at_b.failures) FAIL_CHECK(failure.message);
  }
  FAIL("the nodes never come to rest");
}

bool equal(TestNode& a, TestNode& b) {
  const auto hash_a = a.db().table_hashes();
  const auto hash_b = b.db().table_hashes();
  REQUIRE(hash_a.ok());
  REQUIRE(hash_b.ok());
  return hash_a->tables == hash_b->tables && hash_a->schema_digest == hash_b->schema_digest;
}

}  // namespace murmel::store::test
