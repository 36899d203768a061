// murmel: the agent and its tools in one program. Flags only; what is done is elsewhere.
#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "agent/agent.h"
#include "agent/commands.h"
#include "agent/config.h"
#include "agent/service/log.h"
#include "agent/service/version.h"

namespace murmel {
namespace {

constexpr char kAdminVariable[] = "MURMEL_ADMIN";
constexpr char kFooter[] =
    "Exit codes: 0 done; 1 failed, or verify found a difference; 2 wrong flags or configuration;\n"
    "3 no agent answers, or verify could not compare all nodes.\n"
    "Environment: MURMEL_CLUSTER_SECRET, MURMEL_ADMIN (host:port of the agent that commands ask).";

struct AgentFlags {
  std::string config;
  std::int64_t node_id = -1;
  std::string data_dir;
  std::string listen;
  std::string advertise;
  std::optional<std::string> admin_listen;  // may be empty: no admin port
  std::vector<std::string> seeds;
  std::string log_level;
  std::string log_format;
  bool check = false;
  bool print = false;
};

// File, then environment, then flags: the later one wins.
Result<service::Settings> settings_of(const AgentFlags& flags) {
  service::Settings settings;
  KeyPlaces places;
  if (!flags.config.empty()) {
    TRY_ASSIGN(settings, load_config(flags.config, &places));
  }
  apply_environment(&settings);
  const auto replace = [&places](const char* key, bool given, auto value, auto* setting) {
    if (!given) return;
    *setting = std::move(value);
    places.erase(key);  // what the file says of it is no longer true
  };
  const auto text = [&](const char* key, const std::string& flag, std::string* setting) {
    replace(key, !flag.empty(), flag, setting);
  };
  replace("cluster.node_id", flags.node_id >= 0, flags.node_id, &settings.cluster.node_id);
  text("data_dir", flags.data_dir, &settings.data_dir);
  text("cluster.listen", flags.listen, &settings.cluster.listen);
  text("cluster.advertise", flags.advertise, &settings.cluster.advertise);
  replace("admin.listen", flags.admin_listen.has_value(), flags.admin_listen.value_or(""),
          &settings.admin.listen);
  replace("cluster.seeds", !flags.seeds.empty(), flags.seeds, &settings.cluster.seeds);
  text("log.level", flags.log_level, &settings.log.level);
  text("log.format", flags.log_format, &settings.log.format);
  TRY(check_settings(settings, places));
  return settings;
}

int agent_command(const AgentFlags& flags) {
  const auto settings = settings_of(flags);
  if (!settings.ok()) {
    fmt::print(stderr, "murmel: {}\n", settings.error().message);
    return kExitUsage;
  }
  if (flags.print) {
    fmt::print("{}", print_config(*settings));
    return kExitOk;
  }
  if (flags.check) {
    fmt::print("the configuration is good\n");
    return kExitOk;
  }
  service::start_log(settings->log.level, settings->log.format);
  const Status status = run_agent(*settings);
  if (status.ok()) return kExitOk;
  service::log_error("the agent can't run", {{"error", status.error().message}});
  return kExitFailed;
}

void add_agent_flags(CLI::App* agent, AgentFlags* flags) {
  agent->add_option("-c,--config", flags->config, "TOML file; --print-config shows all keys");
  agent->add_option("--node-id", flags->node_id, "overrides cluster.node_id")
      ->check(CLI::Range(0, 0x7fffffff));
  agent->add_option("--data-dir", flags->data_dir, "overrides data_dir");
  agent->add_option("--listen", flags->listen, "overrides cluster.listen");
  agent->add_option("--advertise", flags->advertise, "overrides cluster.advertise");
  agent->add_option("--seed", flags->seeds, "overrides cluster.seeds; may be given several times");
  agent->add_option("--admin-listen", flags->admin_listen, "overrides admin.listen; \"\" for no admin port");
  agent->add_option("--log-level", flags->log_level, "overrides log.level")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  agent->add_option("--log-format", flags->log_format, "overrides log.format")
      ->check(CLI::IsMember({"auto", "human", "json"}));
  agent->add_flag("--check-config", flags->check, "check the configuration and end");
  agent->add_flag("--print-config", flags->print, "print every key with its value, meaning and limits");
}

// Where commands find the agent: the flag, the environment, the configuration, the default.
Result<std::string> admin_address(const std::string& flag, const std::string& config) {
  if (!flag.empty()) return flag;
  if (const char* variable = std::getenv(kAdminVariable); variable != nullptr && *variable != '\0')
    return std::string(variable);
  service::Settings settings;
  if (!config.empty()) {
    TRY_ASSIGN(settings, load_config(config));
  }
  if (settings.admin.listen.empty())
    return Error{ErrorCode::kInvalid,
                 config + ": admin.listen is empty, so that agent has no admin port to ask"};
  return settings.admin.listen;
}

struct Tool {
  const char* name;
  const char* help;
  int (*run)(const CommandOptions&);
  enum { kNone, kOptional, kRequired } database;
};

constexpr Tool kTools[] = {
    {"status", "show an agent, its links and databases", &status_command, Tool::kNone},
    {"members", "show the cluster as an agent sees it, or change it: add, remove, allow NODE",
     &members_command, Tool::kNone},
    {"verify", "compare the rows of all nodes by hash", &verify_command, Tool::kOptional},
    {"conflicts", "list writes that lost against a concurrent one", &conflicts_command, Tool::kOptional},
    {"quarantine", "list, retry or skip transactions that can't be applied", &quarantine_command,
     Tool::kOptional},
    {"log", "show log records", &log_command, Tool::kOptional},
    {"txn", "tell what became of a transaction at quorum, by the id in its error", &transaction_command,
     Tool::kOptional},
    {"schema", "change, show, or repair the schema of a database on all nodes", &schema_command,
     Tool::kRequired},
    {"database", "make and drop databases on all nodes, or list them", &database_command, Tool::kOptional},
    {"detach", "take Murmel out of a database (name or file)", &detach_command, Tool::kRequired},
    {"enable", "replicate a database again (name), or record changes (file)", &enable_command,
     Tool::kRequired},
    {"remove", "the same as members remove", &remove_command, Tool::kNone},
    {"leave", "let this node leave the cluster, and stop its agent", &leave_command, Tool::kNone},
};

void add_tool_options(CLI::App* command, const std::string& name, const Tool& tool, CommandOptions& options) {
  if (name == "quarantine") {
    command->add_option("action", options.action, "what to do")
        ->check(CLI::IsMember({"list", "retry", "skip"}))
        ->required();
    command->add_option("--id", options.transaction, "the one to skip, such as 7:12");
  }
  if (name == "schema") {
    command
        ->add_option(
            "action", options.action,
            "apply: a majority decides it, every node applies it; show: as it is here; repair: where it "
            "differs, make it as on the majority of the nodes")
        ->check(CLI::IsMember({"apply", "show", "repair"}))
        ->required();
    command->add_flag("--diff", options.diff, "show: only what is not the same on all nodes");
    command->add_option("--from", options.from, "repair: take the schema of this node")
        ->check(CLI::Range(1, 0x7fffffff));
  }
  if (name == "database") {
    command
        ->add_option(
            "action", options.action,
            "create: on all nodes, in their databases.directory; drop: its files are kept under another name")
        ->check(CLI::IsMember({"create", "drop", "list"}))
        ->required();
    command->add_flag("--delete-files", options.delete_files, "drop: keep nothing");
  }
  if (tool.database != Tool::kNone) {
    auto* database = command->add_option("database", options.database, "database");
    if (tool.database == Tool::kRequired) database->required();
  }
  if (name == "verify") {
    command->add_flag("--repair", options.repair, "nodes that differ take the rows of the majority");
  }
  if (name == "conflicts" || name == "log") {
    command->add_option("--limit", options.limit, "at most so many (log: of each node)")
        ->check(CLI::Range(1, 1000));
  }
  if (name == "log") {
    command->add_option("--origin", options.origin,
                        "only records of this log: 7 is node 7's, 7q what it had decided at QUORUM");
    command->add_option("--seq", options.seq, "only this record");
  }
  if (name == "txn") command->add_option("--id", options.transaction, "such as 7q:12")->required();
  if (name == "schema") command->add_option("sql", options.sql, "apply: the statements");
  if (name == "members") {
    command
        ->add_option("action", options.action,
                     "add: make it a member; remove: take it out for good; allow: let it come again")
        ->check(CLI::IsMember({"add", "remove", "allow"}));
    command->add_option("node", options.node, "node id");
    command->add_option("--role", options.role, "add: voter (default), witness or replica")
        ->check(CLI::IsMember({"voter", "witness", "replica"}));
  }
  if (name == "leave")
    command->add_flag("--drain", options.drain, "first wait until the others have its changes");
  if (name == "remove") command->add_option("node", options.node, "node id")->required();
}

int run(int argc, char** argv) {
  CLI::App app("Leaderless replication for SQLite databases", "murmel");
  app.set_version_flag("--version", std::string("murmel ") + service::version());
  app.require_subcommand(1);
  app.footer(kFooter);

  std::function<int()> chosen;
  AgentFlags agent_flags;
  CLI::App* agent = app.add_subcommand("agent", "run the agent");
  add_agent_flags(agent, &agent_flags);
  agent->callback([&] { chosen = [&] { return agent_command(agent_flags); }; });

  CommandOptions options;
  std::string admin;
  std::string config;
  for (const Tool& tool : kTools) {
    CLI::App* command = app.add_subcommand(tool.name, tool.help);
    command->add_option("--admin", admin, "host:port of the agent's admin port");
    command->add_option("-c,--config", config, "the agent's configuration, for its admin.listen");
    command->add_flag("--json", options.json, "print JSON");
    const std::string name = tool.name;
    add_tool_options(command, name, tool, options);
    command->callback([&, run_tool = tool.run] {
      chosen = [&, run_tool]() -> int {
        const auto address = admin_address(admin, config);
        if (!address.ok()) {
          fmt::print(stderr, "murmel: {}\n", address.error().message);
          return kExitUsage;
        }
        options.admin = *address;
        return run_tool(options);
      };
    });
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return chosen();
}

}  // namespace
}  // namespace murmel

int main(int argc, char** argv) {
  // Libraries may throw (out of memory, a broken locale); our own code does not.
  try {
    return murmel::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "murmel: {}\n", error.what());
    return murmel::kExitFailed;
  }
}
