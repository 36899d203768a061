#include "agent/service/commit_request.h"

#include <doctest/doctest.h>

#include "agent/base/random.h"
#include "agent/wire/row_reader.h"
#include "agent/wire/row_writer.h"
#include "schemas/commit_socket.h"

namespace murmel::service {
namespace {

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

void put(std::string& out, const std::string& text) {
  put(out, text.size(), 4);
  out += text;
}

// As the extension writes it.
struct CommitBytes {
  std::uint8_t version = commit_socket::kVersion;
  std::uint8_t level = commit_socket::kQuorum;
  std::int64_t hlc = 1 << 20;
  std::vector<std::pair<NodeId, Seq>> seen = {{0, 7}, {2, 3}, {decided_origin(2), 4}};
  std::vector<std::string> payloads = {"payload"};

  std::string text() const {
    std::string out = "C";
    put(out, version, 1);
    put(out, level, 1);
    put(out, 2'500, 4);
    put(out, static_cast<std::uint64_t>(hlc), 8);
    put(out, 11, 4);
    put(out, "/srv/app.db");
    put(out, seen.size(), 4);
    for (const auto& [origin, seq] : seen) {
      put(out, origin, 4);
      put(out, static_cast<std::uint64_t>(seq), 8);
    }
    put(out, 1, 4);
    put(out, "t");
    put(out, 1, 1);
    put(out, 3, 4);
    put(out, "a");
    put(out, row_stream::kNocase, 1);
    put(out, "b");
    put(out, row_stream::kBinary, 1);
    put(out, "c");
    put(out, row_stream::kOther, 1);
    if (version >= commit_socket::kVersionCollations) put(out, "utf8mb4_0900_ai_ci");
    if (version >= commit_socket::kVersionForeignKeys) {
      put(out, 1, 4);
      put(out, "child");
      put(out, "t");
      put(out, 0, 1);
      put(out, 1, 4);
      put(out, "of");
      put(out, "a");
      put(out, row_stream::kNocase, 1);
    }
    put(out, payloads.size(), 4);
    for (const std::string& payload : payloads) put(out, payload);
    return out;
  }
};

ErrorCode error_of(const std::string& message) {
  const auto request = parse_request(as_bytes(message));
  REQUIRE_FALSE(request.ok());
  return request.error().code;
}

// A row stream with one inserted row of `table`.
std::string payload_of(const std::string& table, std::int64_t key) {
  wire::Table description;
  description.name = table;
  description.flags = row_stream::kHasKey;
  description.columns = {{"id", 1, row_stream::kBinary}};
  description.key = {0};
  wire::Value value;
  value.tag = row_stream::kInt64;
  value.integer = key;
  wire::RowWriter writer;
  const auto index = writer.table(description);
  writer.insert(index, {&value, 1}, std::nullopt);
  return writer.take();
}

CommitRequest request_of(std::vector<std::string> payloads) {
  CommitRequest request;
  request.seen = {{kSelfInLog, 7}, {2, 3}, {decided_origin(2), 4}, {9, 0}};
  request.payloads = std::move(payloads);
  return request;
}

std::vector<std::int64_t> keys_in(const SharedBytes& rows) {
  std::vector<std::int64_t> keys;
  wire::RowReader reader(rows.view());
  while (std::move(reader.next()).value() == wire::RowReader::Item::kRow) {
    keys.push_back(reader.row().after[0].integer);
  }
  return keys;
}

}  // namespace

TEST_CASE("a request to commit is read as it was written") {
  const auto request = parse_request(as_bytes(CommitBytes{}.text()));
  REQUIRE(request.ok());
  const auto& commit = std::get<CommitRequest>(*request);
  CHECK(commit.database == "/srv/app.db");
  CHECK(commit.level == core::CommitLevel::kQuorum);
  CHECK(commit.timeout == milliseconds(2'500));
  CHECK(commit.hlc.value == 1 << 20);
  CHECK(commit.schema_version == 11);
  CHECK(commit.seen == core::VersionVector{{0, 7}, {2, 3}, {decided_origin(2), 4}});
  CHECK(commit.payloads == std::vector<std::string>{"payload"});
  REQUIRE(commit.constraints.indexes.size() == 1);
  const store::UniqueIndex& index = commit.constraints.indexes[0];
  CHECK(index.table == "t");
  CHECK(index.partial_or_expression);
  REQUIRE(index.columns.size() == 3);
  CHECK(index.columns[0].collation == row_stream::kNocase);
  CHECK(index.columns[2].collation_name == "utf8mb4_0900_ai_ci");
  REQUIRE(commit.constraints.foreign_keys.size() == 1);
  const store::ForeignKey& key = commit.constraints.foreign_keys[0];
  CHECK(key.child == "child");
  CHECK(key.columns == std::vector<std::string>{"of"});
  CHECK(key.parent.table == "t");
  CHECK_FALSE(key.parent.partial_or_expression);
  REQUIRE(key.parent.columns.size() == 1);
  CHECK(key.parent.columns[0].name == "a");
  CHECK(key.parent.columns[0].collation == row_stream::kNocase);
}

TEST_CASE("each level that is decided can be asked for") {
  for (const auto level : {core::CommitLevel::kQuorum, core::CommitLevel::kAll, core::CommitLevel::kTwo,
                           core::CommitLevel::kThree}) {
    CommitBytes bytes;
    bytes.level = static_cast<std::uint8_t>(level);
    CHECK(std::get<CommitRequest>(*parse_request(as_bytes(bytes.text()))).level == level);
  }
}

TEST_CASE("what makes no sense is told from what this release can't do") {
  CommitBytes bytes;
  SUBCASE("the release before") {
    bytes.version = commit_socket::kVersionMin;
    const auto request = std::get<CommitRequest>(*parse_request(as_bytes(bytes.text())));
    CHECK(request.version == commit_socket::kVersionMin);
    CHECK(request.constraints.indexes[0].columns[2].collation_name.empty());
  }
  SUBCASE("another release") {
    bytes.version = 9;
    CHECK(error_of(bytes.text()) == ErrorCode::kRefused);
  }
  SUBCASE("too large") {
    bytes.payloads.assign(2, std::string(commit_socket::kPayloadBytesMax / 2 + 1, 'x'));
    CHECK(error_of(bytes.text()) == ErrorCode::kRefused);
  }
  SUBCASE("an unknown level") {
    bytes.level = 7;
    CHECK(error_of(bytes.text()) == ErrorCode::kCorrupt);
  }
  SUBCASE("a stamp below zero") {
    bytes.hlc = -1;
    CHECK(error_of(bytes.text()) == ErrorCode::kCorrupt);
  }
  SUBCASE("the same origin twice") {
    bytes.seen = {{1, 1}, {1, 2}};
    CHECK(error_of(bytes.text()) == ErrorCode::kCorrupt);
  }
  SUBCASE("the decided transactions of nobody") {
    bytes.seen = {{kDecidedBit, 1}};
    CHECK(error_of(bytes.text()) == ErrorCode::kCorrupt);
  }
  SUBCASE("nothing to commit") {
    bytes.payloads.clear();
    CHECK(error_of(bytes.text()) == ErrorCode::kCorrupt);
  }
  SUBCASE("something behind it") {
    CHECK(error_of(bytes.text() + "x") == ErrorCode::kCorrupt);
  }
  SUBCASE("other requests") {
    CHECK(error_of("") == ErrorCode::kCorrupt);
    CHECK(error_of("X\1") == ErrorCode::kCorrupt);
    CHECK(error_of("S\1") == ErrorCode::kCorrupt);
    CHECK(error_of("R\1") == ErrorCode::kCorrupt);
  }
}

TEST_CASE("cut and damaged requests are errors or other requests, never a crash") {
  const std::string whole = CommitBytes{}.text();
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(error_of(whole.substr(0, size)) == ErrorCode::kCorrupt);
  Random random(4);
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = whole;
    bad[random.below(bad.size())] = static_cast<char>(random.next());
    static_cast<void>(parse_request(as_bytes(bad)));
  }
}

TEST_CASE("an outcome is asked for by a slot") {
  std::string bytes = "S\1";
  put(bytes, "/srv/app.db");
  std::string own = bytes;
  put(bytes, decided_origin(3), 4);
  put(bytes, 12, 8);
  const auto request = parse_request(as_bytes(bytes));
  REQUIRE(request.ok());
  CHECK(std::get<OutcomeRequest>(*request).slot == core::Position{decided_origin(3), 12});
  put(own, 3, 4);  // not a slot: a record of a node's own log
  put(own, 12, 8);
  CHECK(error_of(own) == ErrorCode::kCorrupt);
}

TEST_CASE("a transaction has seen what the writer saw, and depends on all of it") {
  const auto transaction = transaction_of(request_of({payload_of("t", 1)}), 5, {});
  REQUIRE(transaction.ok());
  CHECK(transaction->seen == core::VersionVector{{5, 7}, {2, 3}, {decided_origin(2), 4}});
  CHECK(transaction->change.depends == std::vector<core::Position>{{2, 3}, {5, 7}, {decided_origin(2), 4}});
  CHECK_FALSE(transaction->change.more);
  CHECK(transaction->claims.size() == 1);
}

TEST_CASE("several payloads become one change set with all their rows") {
  const auto transaction =
      transaction_of(request_of({payload_of("t", 1), payload_of("u", 2), payload_of("t", 3)}), 5, {});
  REQUIRE(transaction.ok());
  CHECK(keys_in(transaction->change.rows) == std::vector<std::int64_t>{1, 2, 3});
  CHECK(transaction->claims.size() == 3);
}

TEST_CASE("rows of tables that are not replicated are left out, and claim nothing") {
  const auto transaction =
      transaction_of(request_of({payload_of("t", 1), payload_of("u", 2)}), 5, store::TableFilter({}, {"u"}));
  REQUIRE(transaction.ok());
  CHECK(keys_in(transaction->change.rows) == std::vector<std::int64_t>{1});
  CHECK(transaction->claims.size() == 1);
}

TEST_CASE("payloads that can't be read make no transaction") {
  CHECK_FALSE(transaction_of(request_of({"nonsense"}), 5, {}).ok());
  CHECK_FALSE(transaction_of(request_of({payload_of("t", 1), ""}), 5, {}).ok());
}

}  // namespace murmel::service
