#include "agent/service/number_table.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "tests/unit/service/temporary_folder.h"

namespace murmel::service {
namespace {

const NumberedTable kOrders{"shop", "orders"};

// The tables of all nodes, as the majority has them.
struct Claims {
  test::TemporaryFolder folder;
  std::unique_ptr<ClientDatabase> database;

  Claims() {
    const std::string path = folder.file("accounts.db");
    sqlite3* file = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &file) == SQLITE_OK);
    REQUIRE(sqlite3_exec(file, "PRAGMA journal_mode = wal", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(file);
    auto opened = ClientDatabase::open(path, 1'000);
    REQUIRE(opened.ok());
    database = std::move(opened).value();
  }

  bool claim(const NumberClaim& claim, const NumberedTable& table = kOrders) {
    return write([&](ClientDatabase& here) { return claim_numbers(here, table, claim); });
  }
  // True: it was committed.
  bool write(const std::function<ClientResult<bool>(ClientDatabase&)>& edit) {
    bool edited = false;
    const auto fault = write_once(*database, [&](ClientDatabase& here) {
      auto done = edit(here);
      edited = done.ok() && *done;
      return done;
    });
    REQUIRE(!fault.has_value());
    return edited;
  }
  TableNumbers numbers(NodeId node, const NumberedTable& table = kOrders) {
    auto read = read_numbers(*database, table, node);
    REQUIRE(read.ok());
    return *read;
  }
  std::string ranges(NodeId node, const NumberedTable& table = kOrders) {
    std::string text;
    for (const auto& range : numbers(node, table).ranges)
      text += std::to_string(range.first) + "-" + std::to_string(range.last) + " ";
    return text;
  }
};

TEST_CASE("Ranges of numbers are one node's alone, and those that meet are one") {
  Claims claims;
  CHECK(claims.numbers(1).claimed == 0);
  CHECK(claims.claim({.node = 1, .size = 10, .most = 100}));
  CHECK(claims.claim({.node = 1, .size = 10, .most = 100, .expected = 10}));
  CHECK(claims.claim({.node = 2, .size = 10, .most = 100, .expected = 20}));
  CHECK(!claims.claim({.node = 1, .size = 10, .most = 100, .expected = 20}));  // it has not seen the last one
  CHECK(claims.claim({.node = 1, .behind = 44, .size = 10, .most = 100, .expected = 30}));
  CHECK(claims.claim({.node = 2, .size = 90, .most = 100, .expected = 54}));
  CHECK(!claims.claim({.node = 1, .size = 1, .most = 100, .expected = 100}));  // none is left
  CHECK(claims.ranges(1) == "1-20 45-54 ");
  CHECK(claims.ranges(2) == "21-30 55-100 ");
  CHECK(claims.ranges(3).empty());
  CHECK(claims.numbers(3).claimed == 100);
}

TEST_CASE("A table that is renamed, or counts from elsewhere, gives no number twice") {
  Claims claims;
  const NumberedTable bills{"shop", "bills"};
  CHECK(claims.claim({.node = 1, .size = 10, .most = 100}));
  CHECK(claims.write([](ClientDatabase& here) { return write_floor(here, kOrders, 50); }));
  CHECK(!claims.write([](ClientDatabase& here) { return write_floor(here, kOrders, 50); }));
  CHECK(claims.write([](ClientDatabase& here) { return carry_numbers(here, kOrders, "bills"); }));
  CHECK(claims.claim({.node = 2, .size = 10, .most = 100, .expected = 50}, bills));
  CHECK(claims.ranges(2, bills) == "51-60 ");
  CHECK(claims.claim({.node = 2, .size = 10, .most = 100, .expected = 10}));
  CHECK(claims.ranges(2) == "51-60 ");
  CHECK(claims.write([](ClientDatabase& here) { return drop_numbers(here, "shop"); }));
  CHECK(!claims.write([](ClientDatabase& here) { return drop_numbers(here, "shop"); }));
  CHECK(claims.ranges(2).empty());
}

TEST_CASE("Each node has a place; that of one which is gone is taken when there is no other") {
  Claims claims;
  constexpr std::int64_t kPlaces = 3;
  const auto claim = [&](NodeId node, const std::vector<NodeId>& members) {
    return claims.write([&](ClientDatabase& here) { return claim_place(here, node, members, kPlaces); });
  };
  const auto place = [&](NodeId node) {
    auto places = read_places(*claims.database, node);
    REQUIRE(places.ok());
    return places->own.value_or(-1);
  };
  CHECK(place(7) == -1);
  for (const NodeId node : {7, 8, 9}) CHECK(claim(node, {7, 8, 9}));
  CHECK(!claim(8, {7, 8, 9}));
  CHECK(!claim(10, {7, 8, 9, 10}));
  CHECK(claim(10, {7, 9, 10}));
  CHECK(place(7) == 0);
  CHECK(place(8) == -1);
  CHECK(place(9) == 2);
  CHECK(place(10) == 1);
  CHECK(read_places(*claims.database, 7)->count == 3);
}

}  // namespace
}  // namespace murmel::service
