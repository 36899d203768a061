#include "agent/commands.h"

#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/admin_client.h"
#include "agent/command_output.h"
#include "agent/store/database.h"

namespace murmel {
namespace {

using nlohmann::json;

int fail(const Error& error, bool as_json) {
  if (as_json) {
    fmt::print("{}\n", json{{"error", error.message}, {"code", error_code_name(error.code)}}.dump(2));
  } else {
    fmt::print(stderr, "murmel: {}\n", error.message);
  }
  const bool nobody = error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kTimeout;
  return nobody ? kExitUnavailable : kExitFailed;
}

// The agent's answer as JSON. Other than 200: kInternal with the agent's sentence.
Result<json> parse(const Result<AdminAnswer>& answer) {
  if (!answer.ok()) return answer.error();
  json value = json::parse(answer->body, nullptr, false);
  if (value.is_discarded())
    return Error{ErrorCode::kIo, "the answer is not JSON; is this a murmel admin port?"};
  if (answer->status != 200) {
    const bool told = value.is_object() && value.contains("error") && value["error"].is_string();
    return Error{ErrorCode::kInternal,
                 told ? value["error"].get<std::string>() : fmt::format("HTTP {}", answer->status)};
  }
  return value;
}

// Prints what `show` makes of the answer, or the answer itself.
int present(const CommandOptions& options, const Result<AdminAnswer>& answer,
            const std::function<std::string(const json&)>& show) {
  const Result<json> value = parse(answer);
  if (!value.ok()) return fail(value.error(), options.json);
  // An agent of another release may leave out what we show.
  try {
    fmt::print("{}\n", options.json ? value->dump(2) : show(*value));
  } catch (const json::exception&) {
    return fail(
        {ErrorCode::kInternal, "the agent's answer has another form; use the same release, or --json"},
        false);
  }
  return kExitOk;
}

// With "database", if one was named.
AdminClient::Query named_database(const CommandOptions& options) {
  if (options.database.empty()) return {};
  return {{"database", options.database}};
}

bool is_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

// The agent's name for a database file, if an agent answers and has it.
std::optional<std::string> name_at_agent(const CommandOptions& options) {
  const Result<json> status = parse(AdminClient(options.admin).get("/admin/status"));
  if (!status.ok() || !status->contains("databases")) return std::nullopt;
  std::error_code ignored;
  for (const json& database : (*status)["databases"]) {
    const std::string name = database.value("name", "");
    if (name == options.database) return name;
    if (std::filesystem::equivalent(database.value("path", ""), options.database, ignored)) return name;
  }
  return std::nullopt;
}

int change_members(const CommandOptions& options) {
  if (options.node == 0)
    return fail({ErrorCode::kInvalid, "say which node: murmel members " + options.action + " NODE"},
                options.json);
  AdminClient::Query query = {{"node", std::to_string(options.node)}};
  if (options.action == "add") query.emplace_back("role", options.role);
  return present(options, AdminClient(options.admin).post("/admin/members/" + options.action, query),
                 [&](const json&) {
                   if (options.action == "remove")
                     return fmt::format("node {} is removed from the cluster", options.node);
                   if (options.action == "allow")
                     return fmt::format("node {} may join again; restart its agent", options.node);
                   return fmt::format("node {} is a member", options.node);
                 });
}

int done(const CommandOptions& options, const std::string& sentence) {
  fmt::print("{}\n", options.json ? json{{"ok", true}}.dump() : sentence);
  return kExitOk;
}

}  // namespace

int status_command(const CommandOptions& options) {
  return present(options, AdminClient(options.admin).get("/admin/status"), show_status);
}

int members_command(const CommandOptions& options) {
  if (!options.action.empty()) return change_members(options);
  return present(options, AdminClient(options.admin).get("/admin/members"), show_members);
}

int verify_command(const CommandOptions& options) {
  const AdminClient agent(options.admin);
  const auto answer = options.repair ? agent.post("/admin/repair", named_database(options))
                                     : agent.get("/admin/verify", named_database(options));
  const int presented = present(options, answer, show_verify);
  if (presented != kExitOk) return presented;
  const Result<json> value = parse(answer);
  if (value->value("equal", false)) return kExitOk;
  for (const json& database : (*value)["databases"]) {
    if (database.value("verdict", "") == "different") return kExitFailed;
  }
  return kExitUnavailable;
}

int conflicts_command(const CommandOptions& options) {
  auto query = named_database(options);
  query.emplace_back("limit", std::to_string(options.limit));
  return present(options, AdminClient(options.admin).get("/admin/conflicts", query), show_conflicts);
}

int quarantine_command(const CommandOptions& options) {
  const AdminClient agent(options.admin);
  auto query = named_database(options);
  if (options.action == "retry") {
    return present(options, agent.post("/admin/quarantine/retry", query),
                   [](const json&) { return "what is in quarantine is tried again"; });
  }
  if (options.action == "skip") {
    query.emplace_back("id", options.transaction);
    return present(options, agent.post("/admin/quarantine/skip", query), [&](const json&) {
      return options.transaction + " is skipped if it fails once more; its rows are kept: murmel conflicts";
    });
  }
  return present(options, agent.get("/admin/quarantine", query), show_quarantine);
}

int log_command(const CommandOptions& options) {
  auto query = named_database(options);
  query.emplace_back("limit", std::to_string(options.limit));
  if (!options.origin.empty()) query.emplace_back("origin", options.origin);
  if (options.seq != 0) query.emplace_back("seq", std::to_string(options.seq));
  return present(options, AdminClient(options.admin).get("/admin/log", query), show_log);
}

int transaction_command(const CommandOptions& options) {
  auto query = named_database(options);
  query.emplace_back("id", options.transaction);
  const auto answer = AdminClient(options.admin).get("/admin/txn", query);
  const int presented = present(options, answer, [](const json& value) {
    const auto text = value.value("text", "");
    return value.at("outcome").get<std::string>() + (text.empty() ? "" : ": " + text);
  });
  if (presented != kExitOk) return presented;
  const std::string outcome = parse(answer)->value("outcome", "");
  return outcome == "committed" ? kExitOk : outcome == "aborted" ? kExitFailed : kExitUnavailable;
}

int detach_command(const CommandOptions& options) {
  if (const auto name = name_at_agent(options)) {
    return present(
        options, AdminClient(options.admin).post("/admin/detach", {{"database", *name}}), [&](const json&) {
          return fmt::format(
              "{} is detached; take it out of the configuration too, or the next start takes it in again",
              *name);
        });
  }
  if (!is_file(options.database)) {
    return fail({ErrorCode::kNotFound, fmt::format("'{}' is no database of an agent at {} and no file",
                                                   options.database, options.admin)},
                options.json);
  }
  const Status status = store::detach(options.database);
  if (!status.ok()) return fail(status.error(), options.json);
  return done(options, options.database + " is a plain SQLite database again");
}

int enable_command(const CommandOptions& options) {
  if (!is_file(options.database)) {
    return present(options,
                   AdminClient(options.admin).post("/admin/enable", {{"database", options.database}}),
                   [&](const json&) { return options.database + " is replicated again"; });
  }
  if (name_at_agent(options)) return done(options, options.database + " is replicated already");
  // No agent: only what murmel_enable() does. The node id is a stand-in; records get theirs when an agent
  // reads them.
  store::Options store_options;
  store_options.node = kNodeIdMax;
  store_options.create = false;
  const auto database = store::Database::open(options.database, store_options);
  if (!database.ok()) return fail(database.error(), options.json);
  return done(options, options.database + " records changes from now on");
}

int schema_command(const CommandOptions& options) {
  const AdminClient agent(options.admin);
  auto query = named_database(options);
  if (options.action == "show") {
    return present(options, agent.get("/admin/schema", query),
                   [&](const json& value) { return show_schema(value, options.diff); });
  }
  if (options.action == "repair") {
    if (options.from != 0) query.emplace_back("from", std::to_string(options.from));
    const auto answer = agent.post("/admin/schema/repair", query);
    const int presented = present(options, answer, show_schema_repair);
    return presented == kExitOk && !schema_repaired(*parse(answer)) ? kExitFailed : presented;
  }
  if (options.sql.empty()) return fail({ErrorCode::kInvalid, "say which statements to apply"}, options.json);
  const auto answer = AdminClient(options.admin).post("/admin/schema", named_database(options), options.sql);
  return present(options, answer, [&](const json& value) -> std::string {
    if (!value.at("changed").get<bool>())
      return "the schema of " + options.database + " is like that already";
    return fmt::format("the schema of {} is changed, by transaction {}", options.database,
                       value.at("transaction").get<std::string>());
  });
}

int database_command(const CommandOptions& options) {
  const AdminClient agent(options.admin);
  if (options.action == "list") return present(options, agent.get("/admin/databases"), show_databases);
  if (options.database.empty()) return fail({ErrorCode::kInvalid, "say which database"}, options.json);
  AdminClient::Query query = {{"name", options.database}};
  if (options.delete_files) query.emplace_back("delete_files", "1");
  const bool creates = options.action == "create";
  return present(options, agent.post("/admin/databases/" + options.action, query), [&](const json& value) {
    const char* here = value.at("here").get<bool>() ? "" : "; on the node that was asked it is not done yet";
    return fmt::format("{} is {}{}", options.database, creates ? "made on all nodes" : "dropped on all nodes",
                       here);
  });
}

int remove_command(const CommandOptions& options) {
  CommandOptions change = options;
  change.action = "remove";
  return change_members(change);
}

int leave_command(const CommandOptions& options) {
  AdminClient::Query query;
  if (options.drain) query.emplace_back("drain", "1");
  return present(options, AdminClient(options.admin).post("/admin/leave", query),
                 [&](const json&) { return std::string("this node is no member any more, and stops"); });
}

}  // namespace murmel
