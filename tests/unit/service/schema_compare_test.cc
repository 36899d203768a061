#include "agent/service/schema_compare.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace murmel::service {
namespace {

NodeSchema schema(const std::string& history, const std::string& digest) {
  NodeSchema result;
  result.state.version = 3;
  result.state.history = history;
  result.state.digest = digest;
  result.state.have = {{1, static_cast<Seq>(history.size())}, {2, 0}};
  return result;
}

NodeSchema silent() {
  NodeSchema result;
  result.error = "not linked";
  return result;
}

}  // namespace

TEST_CASE("a schema travels as it is") {
  store::SchemaState state = schema("h", "d").state;
  state.objects = {{"table", "t", "CREATE TABLE t(a)", "t"}, {"index", "i", "CREATE INDEX i ON t(a)", "t"}};
  state.tables = {{"t", "d"}};
  const auto back = schema_from_json(schema_to_json(state));
  REQUIRE(back.ok());
  CHECK(back->history == "h");
  CHECK(back->digest == "d");
  CHECK(back->version == 3);
  CHECK(back->have == state.have);
  CHECK(back->objects == state.objects);
  CHECK(back->tables == state.tables);
}

TEST_CASE("a schema of other types is refused") {
  const nlohmann::json good = schema_to_json(schema("h", "d").state);
  for (const char* member : {"version", "history", "digest", "have", "tables", "objects"}) {
    nlohmann::json bad = good;
    bad[member] = true;
    CHECK(!schema_from_json(bad).ok());
  }
  CHECK(!schema_from_json(nlohmann::json::array()).ok());
  CHECK(!schema_from_json(nlohmann::json()).ok());
}

TEST_CASE("schemas have drifted if the same changes, or positions, have made different ones") {
  CHECK(drifted(schema("h", "a").state, schema("h", "b").state));
  CHECK(!drifted(schema("h", "a").state, schema("h", "a").state));
  CHECK(!drifted(schema("h", "a").state, schema("longer", "b").state));  // on its way
  CHECK(drifted(schema("h", "a").state, schema("i", "b").state));        // the same positions
}

TEST_CASE("a node that filters is compared, and repaired, by the tables that both have") {
  const auto with = [](NodeSchema schema, std::map<std::string, std::string> tables, bool filtered) {
    schema.state.tables = std::move(tables);
    schema.state.filtered = filtered;
    return schema;
  };
  const auto whole = with(schema("h", "a"), {{"t", "1"}, {"u", "1"}}, false);
  const auto same = with(schema("h", "b"), {{"t", "1"}}, true);
  const auto other = with(schema("h", "c"), {{"t", "2"}}, true);
  CHECK(!drifted(whole.state, same.state));
  CHECK(drifted(whole.state, other.state));
  CHECK(drifted(same.state, other.state));
  CHECK(!drifted(with(schema("longer", "c"), {{"t", "2"}}, true).state, whole.state));  // on its way
  const auto plan = plan_schema_repair({{1, other}, {2, whole}, {3, same}}, {});
  REQUIRE(plan.ok());
  CHECK(plan->donor == 2);
  CHECK(plan->damaged == std::vector<NodeId>{1});
  CHECK(plan_schema_repair({{1, other}, {2, whole}}, 1).error().code == ErrorCode::kUnavailable);
}

TEST_CASE(
    "the minority takes the schema of the majority, among equals of the smallest node, or of the one named") {
  const auto a = schema("h", "a");
  const auto b = schema("h", "b");
  const auto plan = [](const NodeSchemas& nodes, std::optional<NodeId> from = {}) {
    const auto made = plan_schema_repair(nodes, from);
    REQUIRE(made.ok());
    return std::pair(made->donor, made->damaged);
  };
  using Plan = std::pair<NodeId, std::vector<NodeId>>;
  CHECK(plan({{1, a}, {2, b}, {3, b}}) == Plan{2, {1}});
  CHECK(plan({{1, a}, {2, b}}) == Plan{1, {2}});
  CHECK(plan({{1, a}, {2, b}, {3, b}}, 1) == Plan{1, {2, 3}});
  CHECK(plan({{1, a}, {2, a}}) == Plan{1, {}});
  CHECK(plan({{1, a}, {2, b}, {3, silent()}}) == Plan{1, {2}});
}

TEST_CASE("without a majority, without the node named, or with changes on their way there is no plan") {
  const auto code = [](const NodeSchemas& nodes, std::optional<NodeId> from = {}) {
    return plan_schema_repair(nodes, from).error().code;
  };
  const auto a = schema("h", "a");
  CHECK(code({{1, a}, {2, silent()}}) == ErrorCode::kUnavailable);
  CHECK(code({{1, a}, {2, silent()}}, 2) == ErrorCode::kUnavailable);
  CHECK(code({{1, a}, {2, schema("longer", "b")}}) == ErrorCode::kBusy);
}

}  // namespace murmel::service
