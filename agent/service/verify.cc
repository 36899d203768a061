#include "agent/service/verify.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "agent/service/log.h"
#include "agent/service/node.h"
#include "agent/service/status_json.h"
#include "agent/store/snapshot.h"

namespace murmel::service {
namespace {

using nlohmann::json;

constexpr char kHashesCall[] = "hashes";
constexpr Duration kVerifyTimeout = seconds(600);
constexpr Duration kRoundPause = milliseconds(200);
constexpr std::size_t kHashJobsMax = 64;

json to_json(const NodeHashes& hashes) {
  json tables = json::object();
  for (const auto& [name, table] : hashes.tables) tables[name] = {{"rows", table.rows}, {"hash", table.hash}};
  return {{"error", hashes.error},
          {"have", hashes.have},
          {"schema", hashes.schema},
          {"filtered", hashes.filtered},
          {"tables", tables}};
}

// What another node sent: believed only as far as its types are right.
NodeHashes from_json(const std::string& text) {
  NodeHashes hashes;
  hashes.error = "the answer can't be understood";
  const json value = json::parse(text, nullptr, false);
  if (!value.is_object() || !value.contains("tables") || !value["tables"].is_object() ||
      !value.contains("have") || !value["have"].is_object()) {
    return hashes;
  }
  for (const auto& [origin, seq] : value["have"].items()) {
    if (!seq.is_number_integer()) return hashes;
    hashes.have[origin] = seq.get<std::int64_t>();
  }
  for (const auto& [name, table] : value["tables"].items()) {
    if (!table.is_object() || !table.contains("rows") || !table["rows"].is_number_integer() ||
        !table.contains("hash") || !table["hash"].is_string()) {
      return hashes;
    }
    hashes.tables[name] = {table["rows"].get<std::int64_t>(), table["hash"].get<std::string>()};
  }
  if (value.contains("schema") && value["schema"].is_string())
    hashes.schema = value["schema"].get<std::string>();
  hashes.filtered = value.contains("filtered") && value["filtered"] == true;
  hashes.error =
      value.contains("error") && value["error"].is_string() ? value["error"].get<std::string>() : "";
  return hashes;
}

NodeHashes from_store(const Result<store::DatabaseHash>& result) {
  NodeHashes hashes;
  if (!result.ok()) {
    hashes.error = result.error().message;
    return hashes;
  }
  for (const auto& [origin, seq] : result->have) {
    if (seq > 0) hashes.have[std::to_string(origin)] = seq;
  }
  for (const store::TableHash& table : result->tables) {
    hashes.tables[table.table] = {table.rows, table.to_string()};
  }
  hashes.schema = result->schema_digest;
  return hashes;
}

}  // namespace

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kEqual: return "equal";
    case Verdict::kDifferent: return "different";
    case Verdict::kMoving: return "moving";
    case Verdict::kIncomplete: return "incomplete";
  }
  return "unknown";
}

Comparison compare(const std::map<std::uint32_t, NodeHashes>& answers) {
  Comparison result;
  std::vector<const NodeHashes*> good;
  std::set<std::string> names;
  for (const auto& [node, hashes] : answers) {
    if (!hashes.error.empty()) continue;
    good.push_back(&hashes);
    for (const auto& [name, table] : hashes.tables) names.insert(name);
    result.schema_differs = result.schema_differs || hashes.schema != good.front()->schema;
    if (hashes.have == good.front()->have) continue;
    result.verdict = Verdict::kMoving;
    return result;
  }
  for (const std::string& name : names) {
    const NodeHashes::Table* known = nullptr;
    bool equal = true;
    for (const NodeHashes* hashes : good) {
      const auto found = hashes->tables.find(name);
      if (found == hashes->tables.end()) {
        equal = equal && hashes->filtered;
      } else if (known == nullptr) {
        known = &found->second;
      } else {
        equal = equal && found->second == *known;
      }
    }
    if (!equal) result.different_tables.push_back(name);
  }
  if (!result.different_tables.empty() || result.schema_differs) {
    result.verdict = Verdict::kDifferent;
  } else if (good.empty() || good.size() < answers.size()) {
    result.verdict = Verdict::kIncomplete;
  }
  return result;
}

std::vector<RepairStep> plan_repairs(const std::map<std::uint32_t, NodeHashes>& answers,
                                     const Comparison& comparison) {
  std::vector<RepairStep> steps;
  std::size_t good = 0;
  for (const auto& [node, hashes] : answers) good += hashes.error.empty() ? 1 : 0;
  if (comparison.schema_differs || good * 2 <= answers.size()) return steps;
  for (const std::string& table : comparison.different_tables) {
    std::vector<std::vector<NodeId>> groups;  // in the order of their smallest id
    std::vector<const NodeHashes::Table*> contents;
    for (const auto& [node, hashes] : answers) {
      const auto found = hashes.tables.find(table);
      if (!hashes.error.empty() || found == hashes.tables.end()) continue;
      std::size_t i = 0;
      while (i < groups.size() && *contents[i] != found->second) ++i;
      if (i == groups.size()) {
        groups.emplace_back();
        contents.push_back(&found->second);
      }
      groups[i].push_back(node);
    }
    const auto right = std::max_element(groups.begin(), groups.end(),
                                        [](const auto& a, const auto& b) { return a.size() < b.size(); });
    for (auto group = groups.begin(); group != groups.end(); ++group) {
      if (group == right) continue;
      for (const NodeId node : *group) steps.push_back({table, node, right->front()});
    }
  }
  return steps;
}

// One comparison under way, database after database.
struct Verify::Run {
  explicit Run(io::Loop& loop, std::function<void()> next_round) : pause(loop, std::move(next_round)) {}

  std::vector<std::string> databases;  // still to do; the last one is being done
  int round = 0;
  bool repair = false;
  int repair_rounds = 0;  // of this database
  bool progress = true;   // the last one has changed something
  std::size_t repairing = 0;
  json repairs = json::array();
  std::size_t waiting = 0;
  std::map<std::uint32_t, NodeHashes> answers;
  bool all_equal = true;
  json done = json::array();
  Reply reply;
  io::Timer pause;
};

Verify::Verify(io::Loop& loop, Node& node)
    : loop_(loop),
      node_(node),
      worker_(std::make_unique<Worker>("hashes")),
      repair_(loop, node, *worker_),
      beat_timer_(loop, [this] { beat(); }) {
  node_.calls().handle(kHashesCall, [this](const std::string& body, Calls::Reply reply) {
    answer_call(body, std::move(reply));
  });
  if (const auto interval = node_.settings().anti_entropy.interval_ms; interval > 0) {
    beat_timer_.start(milliseconds(interval));
  }
}

Verify::~Verify() = default;

void Verify::answer_call(const std::string& body, std::function<void(Result<std::string>)> reply) {
  hash_here(body, [reply = std::move(reply)](const NodeHashes& hashes) {
    reply(to_json(hashes).dump(-1, ' ', false, json::error_handler_t::replace));
  });
}

void Verify::hash_here(const std::string& database, std::function<void(NodeHashes)> reply) {
  const Replica* replica = node_.replicas().find(database);
  NodeHashes refused;
  if (replica == nullptr) refused.error = "this node has no such database";
  if (worker_->waiting() >= kHashJobsMax) refused.error = "too many comparisons are under way";
  if (!refused.error.empty()) return reply(std::move(refused));
  store::Options options;
  options.node = node_.id();
  options.include = replica->settings().include;
  options.exclude = replica->settings().exclude;
  worker_->post([this, path = replica->path(), options, reply = std::move(reply)]() mutable {
    NodeHashes hashes = from_store(store::hash_tables(path, options.node, options));
    hashes.filtered = !options.include.empty() || !options.exclude.empty();
    INVARIANT(loop_.post(
        [hashes = std::move(hashes), reply = std::move(reply)]() mutable { reply(std::move(hashes)); }));
  });
}

void Verify::beat() {
  beat_timer_.start(milliseconds(node_.settings().anti_entropy.interval_ms));
  for (const NodeId member : node_.data_nodes()) {
    if (member < node_.id() && node_.linked(member)) return;  // it does this
  }
  run("", true, [](const Result<json>& result) {
    if (!result.ok()) return log_warn("databases were not compared", {{"error", result.error().message}});
    for (const json& database : (*result)["databases"]) {
      if (database["verdict"] != verdict_name(Verdict::kDifferent)) continue;
      log_warn("nodes differ after the repair", {{"database", database["database"].get<std::string>()},
                                                 {"advice", "murmel verify shows where"}});
    }
  });
}

void Verify::run(const std::string& database, bool repair, Reply reply) {
  if (runs_.size() >= kVerifyRunsMax)
    return reply(Error{ErrorCode::kFull, "too many comparisons are under way"});
  std::vector<std::string> names;
  for (const Replica* replica : node_.replicas().all()) {
    if (database.empty() || replica->name() == database) names.push_back(replica->name());
  }
  if (names.empty() && !database.empty())
    return reply(Error{ErrorCode::kNotFound, "no database is named " + database});
  const std::uint64_t id = ++last_id_;
  auto run = std::make_unique<Run>(loop_, [this, id] { ask_round(id); });
  run->databases = {names.rbegin(), names.rend()};
  run->repair = repair;
  run->reply = std::move(reply);
  runs_[id] = std::move(run);
  next_database(id);
}

void Verify::next_database(std::uint64_t id) {
  Run& run = *runs_.at(id);
  run.round = 0;
  run.repair_rounds = 0;
  run.progress = true;
  run.repairs = json::array();
  if (!run.databases.empty()) return ask_round(id);
  const auto finished = runs_.extract(id);  // ends with this scope
  run.reply(json{{"equal", run.all_equal}, {"databases", run.done}});
}

void Verify::ask_round(std::uint64_t id) {
  Run& run = *runs_.at(id);
  const std::string database = run.databases.back();
  ++run.round;
  run.answers.clear();
  const std::vector<NodeId> members = node_.data_nodes();
  run.waiting = members.size();
  for (const NodeId member : members) {
    if (member == node_.id()) {
      hash_here(database, [this, id, member](NodeHashes hashes) { answered(id, member, std::move(hashes)); });
      continue;
    }
    node_.calls().ask(member, kHashesCall, database, kVerifyTimeout,
                      [this, id, member](Result<std::string> answer) {
                        NodeHashes hashes;
                        if (answer.ok()) {
                          hashes = from_json(*answer);
                        } else {
                          hashes.error = answer.error().message;
                        }
                        answered(id, member, std::move(hashes));
                      });
  }
}

void Verify::answered(std::uint64_t id, std::uint32_t node, NodeHashes hashes) {
  Run& run = *runs_.at(id);
  run.answers[node] = std::move(hashes);
  if (--run.waiting > 0) return;
  const Comparison comparison = compare(run.answers);
  if (comparison.verdict == Verdict::kMoving && run.round < kVerifyRounds)
    return run.pause.start(kRoundPause);
  if (comparison.verdict == Verdict::kDifferent && run.repair && start_repairs(id, comparison)) return;

  json nodes = json::object();
  for (const auto& [member, answer] : run.answers) nodes[std::to_string(member)] = to_json(answer);
  run.all_equal = run.all_equal && comparison.verdict == Verdict::kEqual;
  run.done.push_back({{"database", run.databases.back()},
                      {"verdict", verdict_name(comparison.verdict)},
                      {"schema_differs", comparison.schema_differs},
                      {"different_tables", comparison.different_tables},
                      {"repairs", run.repairs},
                      {"nodes", nodes}});
  run.databases.pop_back();
  next_database(id);
}

// False: nothing can be done, or nothing was to be gained by the last ones.
bool Verify::start_repairs(std::uint64_t id, const Comparison& comparison) {
  Run& run = *runs_.at(id);
  const std::vector<RepairStep> steps = plan_repairs(run.answers, comparison);
  if (steps.empty() || !run.progress || ++run.repair_rounds > kRepairRounds) return false;
  run.progress = false;
  run.repairing = steps.size();
  for (const RepairStep& step : steps) {
    repair_.run(step.damaged, run.databases.back(), step.table, step.donor,
                [this, id, step](const RepairOutcome& outcome) {
                  Run& waiting = *runs_.at(id);
                  waiting.progress = waiting.progress || outcome.rows + outcome.newer > 0;
                  waiting.repairs.push_back({{"table", step.table},
                                             {"node", step.damaged},
                                             {"as_on_node", step.donor},
                                             {"rows", outcome.rows},
                                             {"newer", outcome.newer},
                                             {"error", outcome.error}});
                  if (--waiting.repairing > 0) return;
                  waiting.round = 0;
                  waiting.pause.start(kRoundPause);
                });
  }
  return true;
}

}  // namespace murmel::service
