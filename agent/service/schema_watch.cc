#include "agent/service/schema_watch.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "agent/service/log.h"

namespace murmel::service {
namespace {

using nlohmann::json;

constexpr char kAllCall[] = "schemas";
constexpr char kOneCall[] = "schema";
constexpr char kSchemaRepairCall[] = "schema_repair";
constexpr Duration kSchemaTimeout = seconds(10);
constexpr Duration kRepairTimeout = seconds(600);
constexpr Duration kFirstBeat = seconds(1);
constexpr Duration kAgain = milliseconds(300);
constexpr int kRounds = 30;

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

// A repair under way.
struct SchemaWatch::Run {
  Run(io::Loop& loop, std::function<void()> again) : pause(loop, std::move(again)) {}

  std::string database;
  std::optional<NodeId> from;
  Reply reply;
  int round = 0;
  NodeId donor = 0;
  std::size_t waiting = 0;
  json repairs = json::array();
  json nodes = json::object();
  io::Timer pause;
};

SchemaWatch::SchemaWatch(io::Loop& loop, Parts parts)
    : loop_(loop), parts_(std::move(parts)), timer_(loop, [this] { beat(); }) {
  parts_.calls.handle(kAllCall, [this](const std::string&, const Calls::Reply& reply) { reply(told()); });
  parts_.calls.handle(
      kOneCall, [this](const std::string& body, const Calls::Reply& reply) { answer_schema(body, reply); });
  parts_.calls.handle(kSchemaRepairCall, [this](const std::string& body, const Calls::Reply& reply) {
    answer_repair(body, reply);
  });
  timer_.start(kFirstBeat);
}

SchemaWatch::~SchemaWatch() = default;

void SchemaWatch::peer_down(NodeId node) {
  peers_.erase(node);
  there_.erase(node);
}

// --- the beat ---------------------------------------------------------------------------------------------

void SchemaWatch::beat() {
  // Many databases are looked at less often.
  timer_.start(kSchemaBeat + milliseconds(10) * static_cast<std::int64_t>(parts_.replicas.all().size()));
  std::erase_if(here_, [this](const auto& entry) { return parts_.replicas.find(entry.first) == nullptr; });
  std::erase_if(unreadable_, [this](const auto& entry) {
    return parts_.replicas.find(entry.first.substr(0, entry.first.find(' '))) == nullptr;
  });
  for (const Replica* replica : parts_.replicas.all()) {
    if (replica->state() == ReplicaState::kOpen) read_here(replica->name());
  }
  for (const NodeId node : peers_) {
    parts_.calls.ask(node, kAllCall, "", kSchemaTimeout,
                     [this, node](const Result<std::string>& answer) { heard(node, answer); });
  }
}

void SchemaWatch::read_here(const std::string& database) {
  parts_.replicas.find(database)->schema_state([this, database](Result<store::SchemaState> state) {
    if (parts_.replicas.find(database) == nullptr) return;  // it goes
    if (!state.ok()) {
      here_.erase(database);  // what was read before says nothing of now
      return unreadable(database, state.error());
    }
    unreadable_.erase(database);
    state->objects.clear();
    here_[database] = std::move(state).value();
    compare(database);
  });
}

// Told once for each reason: the next beat looks again.
void SchemaWatch::unreadable(const std::string& what, const Error& error) {
  if (error.code == ErrorCode::kBusy || error.code == ErrorCode::kUnavailable) return;
  std::string& told = unreadable_[what];
  if (told == error.message) return;
  told = error.message;
  log_warn("a schema can't be read, so it is not compared with other nodes'",
           {{"database", what}, {"error", error.message}});
}

std::string SchemaWatch::told() const {
  json all = json::object();
  for (const auto& [database, state] : here_) {
    json one = schema_to_json(state);
    one.erase("objects");
    // By table only where somebody filters: there may be many.
    bool filtered = state.filtered;
    for (const auto& [node, known] : there_) {
      const auto other = known.find(database);
      filtered = filtered || (other != known.end() && other->second.filtered);
    }
    if (!filtered) one.erase("tables");
    all[database] = std::move(one);
  }
  return text_of(all);
}

void SchemaWatch::heard(NodeId node, const Result<std::string>& answer) {
  // An older node does not know the question.
  if (!answer.ok() || !peers_.contains(node)) return;
  const json all = json::parse(*answer, nullptr, false);
  if (!all.is_object()) return;
  auto& known = there_[node];
  known.clear();
  for (const auto& [database, value] : all.items()) {
    if (parts_.replicas.find(database) == nullptr) continue;
    auto state = schema_from_json(value);
    const std::string what = database + " of node " + std::to_string(node);
    if (!state.ok()) {
      unreadable(what, state.error());
      continue;
    }
    unreadable_.erase(what);
    known[database] = std::move(state).value();
  }
  for (const auto& [database, state] : here_) compare(database);
}

void SchemaWatch::compare(const std::string& database) {
  std::set<NodeId> differ;
  for (const auto& [node, known] : there_) {
    const auto found = known.find(database);
    if (found != known.end() && drifted(here_.at(database), found->second)) differ.insert(node);
  }
  std::set<NodeId>& before = drift_[database];
  if (differ == before) return;
  for (const NodeId node : differ) {
    if (before.contains(node)) continue;
    log_warn("the schema differs between nodes that have had the same changes",
             {{"database", database},
              {"node", node},
              {"advice", "murmel schema show --diff shows where, murmel schema repair makes them equal"}});
  }
  if (differ.empty()) log_info("the schema is the same on all nodes again", {{"database", database}});
  before = std::move(differ);
}

std::string SchemaWatch::unreadable_reason(const std::string& database) const {
  const auto found = unreadable_.find(database);
  return found == unreadable_.end() ? "" : found->second;
}

const store::SchemaState* SchemaWatch::state_of(const std::string& database) const {
  const auto found = here_.find(database);
  return found == here_.end() ? nullptr : &found->second;
}

std::vector<NodeId> SchemaWatch::drift_of(const std::string& database) const {
  const auto found = drift_.find(database);
  if (found == drift_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

// --- questions --------------------------------------------------------------------------------------------

void SchemaWatch::answer_schema(const std::string& database, const Calls::Reply& reply) {
  Replica* replica = parts_.replicas.find(database);
  if (replica == nullptr) return reply(Error{ErrorCode::kNotFound, "this node has no database " + database});
  replica->schema_state([reply](const Result<store::SchemaState>& state) {
    state.ok() ? reply(text_of(schema_to_json(*state))) : reply(state.error());
  });
}

void SchemaWatch::answer_repair(const std::string& body, const Calls::Reply& reply) {
  const json wanted = json::parse(body, nullptr, false);
  const bool understood = wanted.is_object() && wanted.contains("database") &&
                          wanted["database"].is_string() && wanted.contains("schema");
  auto state = understood ? schema_from_json(wanted["schema"])
                          : Result<store::SchemaState>(Error{ErrorCode::kInvalid, "no question of ours"});
  if (!state.ok()) return reply(state.error());
  const std::string database = wanted["database"].get<std::string>();
  Replica* replica = parts_.replicas.find(database);
  if (replica == nullptr) return reply(Error{ErrorCode::kNotFound, "this node has no database " + database});
  replica->repair_schema(
      std::move(state).value(), [this, database, reply](const Result<store::SchemaRepairReport>& report) {
        if (!report.ok()) return reply(report.error());
        for (const std::string& sentence : report->done)
          log_warn("the schema was repaired", {{"database", database}, {"what", sentence}});
        if (parts_.replicas.find(database) != nullptr) read_here(database);
        reply(text_of({{"done", report->done}, {"rows_kept", report->rows_kept}}));
      });
}

void SchemaWatch::ask_all(const std::string& database, std::function<void(NodeSchemas)> done) {
  struct Gathered {
    NodeSchemas nodes;
    std::size_t waiting = 0;
    std::function<void(NodeSchemas)> done;
  };
  // Owned by the answers that are still due, each of which comes exactly once.
  const auto all = std::make_shared<Gathered>();
  const std::vector<NodeId> members = parts_.members();
  all->waiting = members.size();
  all->done = std::move(done);
  for (const NodeId node : members) {
    const auto answered = [all, node](const Result<std::string>& answer) {
      NodeSchema& schema = all->nodes[node];
      auto state = answer.ok() ? schema_from_json(json::parse(*answer, nullptr, false))
                               : Result<store::SchemaState>(answer.error());
      if (state.ok()) {
        schema.state = std::move(state).value();
      } else {
        schema.error = state.error().message;
      }
      if (--all->waiting == 0) all->done(std::move(all->nodes));
    };
    if (node == parts_.self) {
      answer_schema(database, answered);
    } else {
      parts_.calls.ask(node, kOneCall, database, kSchemaTimeout, answered);
    }
  }
}

void SchemaWatch::show(const std::string& database, Reply reply) {
  if (parts_.replicas.find(database) == nullptr)
    return reply(Error{ErrorCode::kNotFound, "no database is named " + database});
  ask_all(database, [self = parts_.self, database, reply = std::move(reply)](const NodeSchemas& nodes) {
    json all = json::object();
    for (const auto& [node, schema] : nodes) {
      json& one = all[std::to_string(node)];
      one = schema.error.empty() ? schema_to_json(schema.state) : json::object();
      one["error"] = schema.error;
    }
    reply(json{{"database", database}, {"node", self}, {"nodes", all}});
  });
}

// --- repairs ----------------------------------------------------------------------------------------------

void SchemaWatch::repair(const std::string& database, std::optional<NodeId> from, Reply reply) {
  if (parts_.replicas.find(database) == nullptr)
    return reply(Error{ErrorCode::kNotFound, "no database is named " + database});
  if (runs_.size() >= kSchemaRepairsMax)
    return reply(Error{ErrorCode::kFull, "too many repairs are under way"});
  const std::uint64_t id = ++last_id_;
  const auto ask = [this, id, database] {
    ask_all(database, [this, id](const NodeSchemas& nodes) { plan(id, nodes); });
  };
  auto run = std::make_unique<Run>(loop_, ask);
  run->database = database;
  run->from = from;
  run->reply = std::move(reply);
  runs_[id] = std::move(run);
  ask();
}

void SchemaWatch::plan(std::uint64_t id, const NodeSchemas& nodes) {
  Run& run = *runs_.at(id);
  const auto plan = plan_schema_repair(nodes, run.from);
  if (!plan.ok() && plan.error().code == ErrorCode::kBusy && ++run.round < kRounds)
    return run.pause.start(kAgain);
  if (!plan.ok() || plan->damaged.empty()) {
    const auto done = runs_.extract(id);
    if (!plan.ok()) return run.reply(plan.error());
    return run.reply(
        json{{"database", run.database}, {"as_on_node", plan->donor}, {"repairs", json::array()}});
  }
  run.donor = plan->donor;
  run.waiting = plan->damaged.size();
  const std::string body =
      text_of({{"database", run.database}, {"schema", schema_to_json(nodes.at(plan->donor).state)}});
  const std::vector<NodeId> damaged = plan->damaged;
  for (const NodeId node : damaged) {
    const auto answered = [this, id, node](const Result<std::string>& answer) { repaired(id, node, answer); };
    if (node == parts_.self) {
      answer_repair(body, answered);
    } else {
      parts_.calls.ask(node, kSchemaRepairCall, body, kRepairTimeout, answered);
    }
  }
}

void SchemaWatch::repaired(std::uint64_t id, NodeId node, const Result<std::string>& answer) {
  Run& run = *runs_.at(id);
  json entry = answer.ok() ? json::parse(*answer, nullptr, false) : json::object();
  if (!entry.is_object()) entry = json::object();
  entry["node"] = node;
  entry["error"] = answer.ok() ? "" : answer.error().message;
  run.repairs.push_back(std::move(entry));
  if (--run.waiting > 0) return;
  const auto done = runs_.extract(id);
  run.reply(json{{"database", run.database}, {"as_on_node", run.donor}, {"repairs", run.repairs}});
}

}  // namespace murmel::service
