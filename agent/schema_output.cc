// The agent's answers about the schema as text for people.
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/command_output.h"

namespace murmel {
namespace {

using nlohmann::json;

std::string list_of(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

std::string summary(const std::string& node, const json& schema) {
  if (const auto error = schema.at("error").get<std::string>(); !error.empty())
    return fmt::format("node {}: {}\n", node, error);
  return fmt::format("node {}: version {}, digest {}{}\n", node, schema.at("version").get<std::int64_t>(),
                     schema.at("digest").get<std::string>(),
                     schema.at("filtered").get<bool>() ? ", only some of the tables" : "");
}

// By object, who has it with which text; no text: not there, and not for a filter.
std::string differences(const json& nodes) {
  std::map<std::string, std::map<std::string, std::vector<std::string>>> objects;
  std::vector<std::string> good;
  for (const auto& [node, schema] : nodes.items()) {
    if (!schema.at("error").get<std::string>().empty()) continue;
    if (!schema.at("filtered").get<bool>()) good.push_back(node);
    for (const json& object : schema.at("objects")) {
      const std::string name =
          object.at("type").get<std::string>() + " " + object.at("name").get<std::string>();
      objects[name][object.at("sql").get<std::string>()].push_back(node);
    }
  }
  std::string text;
  for (auto& [name, versions] : objects) {
    std::vector<std::string> without = good;
    for (const auto& [sql, who] : versions) {
      std::erase_if(without, [&, &who = who](const std::string& node) {
        return std::find(who.begin(), who.end(), node) != who.end();
      });
    }
    if (versions.size() == 1 && without.empty()) continue;
    text += name + "\n";
    for (const auto& [sql, who] : versions) text += fmt::format("  on {}: {}\n", list_of(who), sql);
    if (!without.empty()) text += fmt::format("  on {}: none\n", list_of(without));
  }
  return text.empty() ? "no differences\n" : text;
}

}  // namespace

std::string show_schema(const json& answer, bool diff) {
  const json& nodes = answer.at("nodes");
  std::string text;
  for (const auto& [node, schema] : nodes.items()) text += summary(node, schema);
  text += "\n";
  if (diff) {
    text += differences(nodes);
  } else {
    const json& here = nodes.at(std::to_string(answer.at("node").get<std::int64_t>()));
    if (here.at("error").get<std::string>().empty()) {
      for (const json& object : here.at("objects")) text += object.at("sql").get<std::string>() + ";\n";
    }
  }
  text.pop_back();
  return text;
}

std::string show_schema_repair(const json& answer) {
  if (answer.at("repairs").empty()) return "the schema is the same on all nodes that answer";
  std::string text;
  for (const json& repair : answer.at("repairs")) {
    const auto node = repair.at("node").get<std::int64_t>();
    if (const auto error = repair.at("error").get<std::string>(); !error.empty()) {
      text += fmt::format("node {}: not repaired: {}\n", node, error);
      continue;
    }
    text += fmt::format("node {}: as on node {}\n", node, answer.at("as_on_node").get<std::int64_t>());
    for (const json& sentence : repair.at("done")) text += "  " + sentence.get<std::string>() + "\n";
    if (const auto rows = repair.at("rows_kept").get<std::int64_t>(); rows > 0) {
      text += fmt::format("  {} rows lost their place; murmel conflicts shows them\n", rows);
    }
  }
  const json& rows = answer.at("rows");
  return text + (rows.contains("error") ? "rows were not compared: " + rows.at("error").get<std::string>()
                                        : show_verify(rows));
}

bool schema_repaired(const json& answer) {
  for (const json& repair : answer.value("repairs", json::array())) {
    if (!repair.value("error", "").empty()) return false;
  }
  return !answer.contains("rows") || answer["rows"].value("equal", false);
}

}  // namespace murmel
