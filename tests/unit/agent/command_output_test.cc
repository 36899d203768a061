#include "agent/command_output.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace murmel {
namespace {

using nlohmann::json;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("members are shown in columns") {
  const json answer = json::parse(R"({"members": [
    {"node": 1, "state": "ALIVE", "role": "voter", "address": "a:1", "connected": false, "incarnation": 2, "self": true},
    {"node": 20, "state": "SUSPECT", "role": null, "address": "host:7400", "connected": true, "incarnation": 1,
     "self": false}],
    "removed": [{"node": 7}], "epoch": {"number": 3, "member": true}})");
  CHECK(show_members(answer) ==
        "node  state    role   address    connected  incarnation\n"
        "1     ALIVE    voter  a:1        (this)     2\n"
        "20    SUSPECT  -      host:7400  yes        1\n"
        "epoch 3\n"
        "node 7 was removed");
}

TEST_CASE("a difference names the table and what each node has") {
  const json answer =
      json::parse(R"({"equal": false, "databases": [{"database": "app", "verdict": "different",
    "schema_differs": false, "different_tables": ["t"], "nodes": {
      "1": {"error": "", "tables": {"t": {"rows": 2, "hash": "aa"}}},
      "2": {"error": "", "tables": {}},
      "3": {"error": "node 3 is not linked", "tables": {}}}}]})");
  const std::string text = show_verify(answer);
  CHECK(contains(text, "table t differs"));
  CHECK(contains(text, "node 1: 2 rows, aa"));
  CHECK(contains(text, "node 2: no such table"));
  CHECK(contains(text, "node 3: node 3 is not linked"));
  CHECK(contains(text, "the nodes are not equal"));
}

TEST_CASE("a conflict shows both writes, and a deleted row as such") {
  const json answer =
      json::parse(R"({"conflicts": [{"at": 0, "table": "t", "key": {"id": 1}, "reason": "concurrent",
    "winner": {"node": 2, "seq": 5, "wall_ms": 1500, "row": null},
    "loser": {"node": 1, "seq": 4, "wall_ms": 1000, "row": {"id": 1}}}]})");
  const std::string text = show_conflicts(answer);
  CHECK(contains(text, "1970-01-01 00:00:00.000Z  t {\"id\":1} (concurrent)"));
  CHECK(contains(text, "winner node 2 #5 1970-01-01 00:00:01.500Z  (deleted)"));
  CHECK(contains(text, "loser  node 1 #4"));
}

TEST_CASE("empty lists have a sentence of their own") {
  CHECK(show_conflicts(json::parse(R"({"conflicts": []})")) == "no conflicts");
  CHECK(show_log(json::parse(R"({"records": []})")) == "the log holds no such record");
}

TEST_CASE("a schema that differs is shown object by object, with who has what") {
  const auto schema = [](const char* digest, json objects) {
    return json{{"error", ""},
                {"version", 2},
                {"digest", digest},
                {"filtered", false},
                {"objects", std::move(objects)}};
  };
  const json t{{"type", "table"}, {"name", "t"}, {"sql", "CREATE TABLE t(a)"}};
  const json other{{"type", "table"}, {"name", "t"}, {"sql", "CREATE TABLE t(b)"}};
  const json index{{"type", "index"}, {"name", "i"}, {"sql", "CREATE INDEX i ON t(a)"}};
  const json answer{{"database", "app"},
                    {"node", 1},
                    {"nodes",
                     {{"1", schema("x", json::array({t, index}))},
                      {"2", schema("y", json::array({other}))},
                      {"3", {{"error", "node 3 is not linked"}}}}}};
  const std::string diff = show_schema(answer, true);
  CHECK(contains(diff, "node 3: node 3 is not linked"));
  CHECK(contains(diff, "table t\n  on 1: CREATE TABLE t(a)\n  on 2: CREATE TABLE t(b)"));
  CHECK(contains(diff, "index i\n  on 1: CREATE INDEX i ON t(a)\n  on 2: none"));
  CHECK(contains(show_schema(answer, false), "CREATE TABLE t(a);\nCREATE INDEX i ON t(a);"));
}

TEST_CASE("a schema repair tells what was done where, and why not elsewhere") {
  const json answer{
      {"as_on_node", 1},
      {"rows", {{"equal", true}, {"databases", json::array()}}},
      {"repairs", json::array({{{"node", 2}, {"error", ""}, {"rows_kept", 3}, {"done", {"changed table t"}}},
                               {{"node", 3}, {"error", "disk full"}}})}};
  const std::string text = show_schema_repair(answer);
  CHECK(contains(text, "node 2: as on node 1\n  changed table t\n  3 rows lost their place"));
  CHECK(contains(text, "node 3: not repaired: disk full"));
  CHECK(!schema_repaired(answer));
  CHECK(schema_repaired({{"repairs", json::array()}}));
}

}  // namespace murmel
