#include "agent/service/schema_compare.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace murmel::service {

using nlohmann::json;

namespace {

Error strange() {
  return {ErrorCode::kInvalid, "the other node's answer can't be understood"};
}

bool same_positions(const core::VersionVector& a, const core::VersionVector& b) {
  const auto within = [](const core::VersionVector& one, const core::VersionVector& other) {
    return std::all_of(one.begin(), one.end(),
                       [&](const auto& entry) { return entry.second == core::seq_of(other, entry.first); });
  };
  return within(a, b) && within(b, a);
}

}  // namespace

json schema_to_json(const store::SchemaState& state) {
  json have = json::object();
  for (const auto& [origin, seq] : state.have) have[std::to_string(origin)] = seq;
  json objects = json::array();
  for (const store::SchemaText& text : state.objects)
    objects.push_back({{"type", text.type}, {"name", text.name}, {"sql", text.sql}, {"table", text.table}});
  return {{"version", state.version},   {"history", state.history}, {"digest", state.digest}, {"have", have},
          {"filtered", state.filtered}, {"tables", state.tables},   {"objects", objects}};
}

Result<store::SchemaState> schema_from_json(const json& value) {
  const auto text = [](const json& from, const char* name) -> std::optional<std::string> {
    if (!from.is_object() || !from.contains(name) || !from[name].is_string()) return std::nullopt;
    return from[name].get<std::string>();
  };
  const auto history = text(value, "history");
  const auto digest = text(value, "digest");
  if (!history || !digest) return strange();
  if (!value.contains("version") || !value["version"].is_number_integer()) return strange();
  if (!value.contains("have") || !value["have"].is_object()) return strange();
  store::SchemaState state;
  state.version = value["version"].get<std::int64_t>();
  state.history = *history;
  state.digest = *digest;
  state.filtered = value.contains("filtered") && value["filtered"] == true;
  for (const auto& [origin, seq] : value["have"].items()) {
    if (!seq.is_number_integer()) return strange();
    state.have[static_cast<NodeId>(std::strtoul(origin.c_str(), nullptr, 10))] = seq.get<std::int64_t>();
  }
  if (value.contains("tables")) {
    if (!value["tables"].is_object()) return strange();
    for (const auto& [table, told] : value["tables"].items()) {
      if (!told.is_string()) return strange();
      state.tables[table] = told.get<std::string>();
    }
  }
  if (!value.contains("objects")) return state;
  if (!value["objects"].is_array()) return strange();
  for (const json& object : value["objects"]) {
    const auto type = text(object, "type");
    const auto name = text(object, "name");
    const auto sql = text(object, "sql");
    if (!type || !name || !sql) return strange();
    state.objects.push_back({*type, *name, *sql, text(object, "table").value_or(*name)});
  }
  return state;
}

bool comparable(const store::SchemaState& a, const store::SchemaState& b) {
  return a.history == b.history || same_positions(a.have, b.have);
}

bool drifted(const store::SchemaState& a, const store::SchemaState& b) {
  if (!comparable(a, b)) return false;
  if (!a.filtered && !b.filtered) return a.digest != b.digest;
  return std::any_of(a.tables.begin(), a.tables.end(), [&](const auto& entry) {
    const auto other = b.tables.find(entry.first);
    return other != b.tables.end() && other->second != entry.second;
  });
}

Result<SchemaRepairPlan> plan_schema_repair(const NodeSchemas& nodes, std::optional<NodeId> from) {
  std::vector<std::vector<NodeId>> groups;  // in the order of their smallest id
  std::size_t good = 0;
  for (const auto& [node, schema] : nodes) {
    if (!schema.error.empty()) continue;
    ++good;
    if (schema.state.filtered) continue;
    const auto same = std::find_if(groups.begin(), groups.end(), [&, &mine = schema](const auto& group) {
      return nodes.at(group.front()).state.digest == mine.state.digest;
    });
    same == groups.end() ? groups.push_back({node}) : same->push_back(node);
  }
  if (!from && good * 2 <= nodes.size()) {
    return Error{ErrorCode::kUnavailable, fmt::format("only {} of {} nodes answer", good, nodes.size())};
  }
  auto right = std::max_element(groups.begin(), groups.end(),
                                [](const auto& a, const auto& b) { return a.size() < b.size(); });
  if (from) {
    right = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
      return std::find(group.begin(), group.end(), *from) != group.end();
    });
  }
  if (right == groups.end()) {
    return Error{ErrorCode::kUnavailable,
                 from ? fmt::format("node {} does not answer, or has only some tables", *from)
                      : std::string("no node has all tables")};
  }
  SchemaRepairPlan plan;
  plan.donor = from ? *from : right->front();
  const store::SchemaState& wanted = nodes.at(plan.donor).state;
  for (const auto& [node, schema] : nodes) {
    const bool same_group = std::find(right->begin(), right->end(), node) != right->end();
    if (!schema.error.empty() || same_group) continue;
    if (!comparable(schema.state, wanted)) {
      return Error{
          ErrorCode::kBusy,
          fmt::format("nodes {} and {} have not had the same changes of the schema yet", plan.donor, node)};
    }
    if (drifted(schema.state, wanted)) plan.damaged.push_back(node);
  }
  return plan;
}

}  // namespace murmel::service
