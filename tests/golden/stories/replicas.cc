#include "tests/golden/stories/replicas.h"

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/base/check.h"

namespace murmel::stories {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kReadBytes = 1 << 20;
constexpr int kRoundsMax = 20;

int add_row(void* out, int columns, char** values, char** /*names*/) {
  auto& text = *static_cast<std::string*>(out);
  for (int i = 0; i < columns; ++i) {
    if (i > 0) text += '|';
    text += values[i] != nullptr ? values[i] : "NULL";
  }
  text += '\n';
  return 0;
}

std::string query(sqlite3* db, const std::string& sql) {
  std::string text;
  char* error = nullptr;
  if (sqlite3_exec(db, sql.c_str(), add_row, &text, &error) != SQLITE_OK) {
    text += std::string("error: ") + (error != nullptr ? error : sqlite3_errmsg(db)) + "\n";
  }
  sqlite3_free(error);
  return text;
}

std::string show_item(const Json& item) {
  if (item.contains("new_sql")) {
    return item["op"].get<std::string>() + " " + item["type"].get<std::string>() + " " +
           item["name"].get<std::string>();
  }
  std::string text = item["op"].get<std::string>() + " " + item["table"].get<std::string>();
  if (item.contains("before")) text += " " + item["before"].dump();
  if (item.contains("before") && item.contains("after")) text += " ->";
  if (item.contains("after")) text += " " + item["after"].dump();
  return text;
}

}  // namespace

Replicas::Replicas(std::string folder, std::string extension)
    : folder_(std::move(folder)), extension_(std::move(extension)) {}
Replicas::~Replicas() = default;

Replicas::Node::~Node() {
  sqlite3_close_v2(application);
}

Replicas::Node& Replicas::node(const std::string& name) {
  const auto id = static_cast<NodeId>(std::strtoul(name.c_str(), nullptr, 10));
  INVARIANT(id > 0);  // a story names nodes by number
  std::unique_ptr<Node>& slot = nodes_[id];
  if (slot) return *slot;
  slot = std::make_unique<Node>();
  slot->id = id;
  const std::string path = folder_ + "/node" + name + ".db";
  store::Options options;
  options.node = id;
  auto opened = store::Database::open(path, options);
  INVARIANT(opened.ok());
  slot->database = std::move(opened).value();
  INVARIANT(sqlite3_open(path.c_str(), &slot->application) == SQLITE_OK);
  sqlite3_db_config(slot->application, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr);
  INVARIANT(sqlite3_load_extension(slot->application, extension_.c_str(), nullptr, nullptr) == SQLITE_OK);
  return *slot;
}

std::string Replicas::run(const std::string& command, const std::string& input) {
  // Stamps of neighbouring commands differ, whichever nodes they are about.
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  std::istringstream words(command);
  std::string verb;
  std::string first;
  std::string second;
  words >> verb >> first >> second;
  if (verb == "sql") return sql(node(first), input);
  if (verb == "log") return log(node(first));
  if (verb == "send") return send(node(first), node(second));
  if (verb == "settle") return settle();
  if (verb == "everywhere") return everywhere(input);
  if (verb == "conflicts") return conflicts(node(first));
  return "error: no command is named " + verb + "\n";
}

std::string Replicas::sql(Node& node, const std::string& text) {
  return query(node.application, text);
}

std::string Replicas::log(Node& node) {
  std::string text;
  const auto tailed = node.database->tail(kReadBytes);  // turns what came without the extension into records
  INVARIANT(tailed.ok());
  const auto state = node.database->state();
  INVARIANT(state.ok());
  for (const Seq last = core::seq_of(state->have, node.id); node.shown < last;) {
    ++node.shown;
    const auto dumped = node.database->dump_record(node.id, node.shown);
    if (!dumped.ok()) return text + "error: " + dumped.error().message + "\n";
    const Json record = Json::parse(*dumped);
    text += std::to_string(node.id) + "/" + std::to_string(node.shown);
    for (const Json& position : record["depends"]) {
      text += " after " + position["origin"].dump() + "/" + position["seq"].dump();
    }
    text += record["more"].get<bool>() ? " (goes on)\n" : "\n";
    for (const Json& item : record["items"]) text += "  " + show_item(item) + "\n";
  }
  return text;
}

bool Replicas::hand_over(Node& from, Node& to, store::ApplyReport* report, std::string* failure) {
  while (true) {
    const auto tailed = from.database->tail(kReadBytes);
    INVARIANT(tailed.ok());
    if (tailed->empty()) break;
  }
  const auto here = from.database->state();
  const auto there = to.database->state();
  INVARIANT(here.ok() && there.ok());
  std::vector<core::ChangeSet> changes;
  for (const auto& [origin, seq] : here->have) {
    const Seq next = core::seq_of(there->have, origin) + 1;
    if (next > seq || origin == to.id) continue;
    auto range = from.database->read_range(origin, next, kReadBytes);
    INVARIANT(range.ok());
    for (auto& change : range->changes) changes.push_back(std::move(change));
  }
  // Origin by origin, so one may wait for another: hand over until nothing moves.
  core::VersionVector before = there->have;
  for (int round = 0; round < kRoundsMax && !changes.empty(); ++round) {
    const auto applied = to.database->apply(changes);
    INVARIANT(applied.ok());
    report->rows += applied->rows;
    report->overruled += applied->overruled;
    report->conflicts += applied->conflicts;
    for (const auto& failed : applied->failures) *failure = failed.message;
    if (applied->have == before) break;
    before = applied->have;
  }
  return !changes.empty();
}

std::string Replicas::send(Node& from, Node& to) {
  store::ApplyReport report;
  std::string failure;
  if (!hand_over(from, to, &report, &failure)) return "nothing\n";
  std::string text = "rows written " + std::to_string(report.rows);
  if (report.overruled > 0) text += ", overruled " + std::to_string(report.overruled);
  if (report.conflicts > 0) text += ", conflicts " + std::to_string(report.conflicts);
  if (!failure.empty()) text += "\nerror: " + failure;
  return text + "\n";
}

std::string Replicas::settle() {
  std::string failure;
  for (int round = 0; round < kRoundsMax; ++round) {
    bool moved = false;
    for (auto& [_, from] : nodes_) {
      for (auto& [__, to] : nodes_) {
        store::ApplyReport report;
        if (from != to) moved = hand_over(*from, *to, &report, &failure) || moved;
      }
    }
    if (!moved) break;
  }
  if (!failure.empty()) return "error: " + failure + "\n";
  std::vector<store::DatabaseHash> hashes;
  for (auto& [_, node] : nodes_) {
    auto hash = node->database->table_hashes();
    INVARIANT(hash.ok());
    hashes.push_back(std::move(hash).value());
  }
  for (const auto& hash : hashes) {
    const bool same = hash.tables == hashes[0].tables && hash.schema_digest == hashes[0].schema_digest;
    if (!same) return "the nodes differ\n";
  }
  return "all equal\n";
}

std::string Replicas::everywhere(const std::string& text) {
  std::map<std::string, std::string> nodes_by_answer;
  for (auto& [id, node] : nodes_) nodes_by_answer[query(node->application, text)] += " " + std::to_string(id);
  if (nodes_by_answer.size() == 1) return nodes_by_answer.begin()->first;
  std::string all;
  for (const auto& [answer, names] : nodes_by_answer)
    all.append("nodes").append(names).append(":\n").append(answer);
  return all;
}

std::string Replicas::conflicts(Node& node) {
  std::string text;
  const auto found = node.database->conflicts(kRoundsMax);
  INVARIANT(found.ok());
  for (const store::Conflict& conflict : *found) {
    const auto row = [](const std::string& json) { return json.empty() ? std::string("deleted") : json; };
    text += conflict.reason + " " + conflict.table + " " + conflict.key + ": node " +
            std::to_string(conflict.winner.origin) + " " + row(conflict.winner_row) + " over node " +
            std::to_string(conflict.loser.origin) + " " + row(conflict.loser_row) + "\n";
  }
  return text;
}

}  // namespace murmel::stories
