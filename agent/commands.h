// The commands of the `murmel` tool that ask an agent, or work on a database file when there is none. Each
// prints for people, or JSON, and returns the process's exit code.
#pragma once

#include <cstdint>
#include <string>

namespace murmel {

// Exit codes of all commands; documented in `murmel --help`.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;       // it did not work; verify: the nodes differ
inline constexpr int kExitUsage = 2;        // wrong flags, wrong configuration
inline constexpr int kExitUnavailable = 3;  // no agent answers; verify: not all nodes could be compared

struct CommandOptions {
  std::string admin;  // host:port of the agent's admin port
  bool json = false;  // what the agent says, as it is
  std::string database;
  std::int64_t limit = 20;
  std::string origin;
  std::int64_t seq = 0;
  std::int64_t node = 0;
  std::string role;
  bool drain = false;
  std::string transaction;
  std::string action;         // members: add, remove, allow, or empty: show; quarantine: list, retry, skip
  bool repair = false;        // verify
  bool delete_files = false;  // database drop
  bool diff = false;          // schema show
  std::int64_t from = 0;      // schema repair: node, 0: the majority
  std::string sql;
};

int status_command(const CommandOptions& options);
int members_command(const CommandOptions& options);
int verify_command(const CommandOptions& options);
int conflicts_command(const CommandOptions& options);
// `action`: list, retry, or skip (the one with this id).
int quarantine_command(const CommandOptions& options);
int log_command(const CommandOptions& options);
// Exit code 0: committed; 1: aborted, or an error; 3: nobody can tell now.
int transaction_command(const CommandOptions& options);
// `database`: the name of one of the agent's databases, or the path of a file that no agent has open.
int detach_command(const CommandOptions& options);
int enable_command(const CommandOptions& options);
// `action`: create, drop (the one named `database`), list.
int database_command(const CommandOptions& options);
int remove_command(const CommandOptions& options);
// `action`: apply (the statements in `sql`), show, repair.
int schema_command(const CommandOptions& options);
int leave_command(const CommandOptions& options);

}  // namespace murmel
