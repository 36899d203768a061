// The tables of information_schema, and those that SHOW reads: eponymous virtual tables of SQLite, whose rows
// are made when they are read. Each is a row of one list: name, columns with MySQL's types, and a function
// that makes its rows. The session's thread only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/base/result.h"
#include "agent/session/schema.h"
#include "agent/session/state.h"
#include "agent/session/table_sizes.h"

struct sqlite3;

namespace murmel::session {

struct Process {
  std::uint64_t id = 0;
  std::string user;
  std::string host;
  std::string database;  // empty: none
  std::string command;   // "Sleep", "Query"
  std::int64_t seconds = 0;
  std::string text;  // empty: none
};

using Cell = std::variant<std::monostate, std::int64_t, std::string>;
using Rows = std::vector<std::vector<Cell>>;

// Of accounts and privileges; columns as in info_accounts.cc.
enum class AccountTable {
  kUsers,
  kDatabases,
  kTables,
  kRoleEdges,
  kDefaultRoles,
  kUserPrivileges,
  kSchemaPrivileges,
  kTablePrivileges,
};
// Of this node's cluster; columns as in info_cluster.cc.
enum class ClusterTable { kNodes, kReplication, kConflicts };

// What the tables tell of.
class InfoSource {
 public:
  virtual ~InfoSource() = default;
  virtual std::vector<std::string> databases() = 0;                       // that the client may see
  virtual const DatabaseSchema* schema(const std::string& database) = 0;  // null: can't be read now
  virtual const DatabaseSchema* temporary() = 0;  // tables of the session; null: can't be read now
  // Of its tables that name none.
  virtual std::string collation(const std::string& database) = 0;
  virtual TableSizes sizes(const std::string& database, bool values) = 0;  // `values`: of indexes, too
  virtual bool sees(const std::string& database, const std::string& table) = 0;
  virtual bool sees_definition(const std::string& database, const std::string& view) = 0;
  virtual std::vector<Process> processes() = 0;
  virtual std::vector<std::pair<std::string, std::string>> status(bool global) = 0;
  virtual Rows cluster(ClusterTable table) = 0;   // that the client may see
  virtual Rows accounts(AccountTable table) = 0;  // that the client may see
  virtual std::vector<std::pair<std::string, std::string>> connect_attributes() = 0;
  virtual SessionState& state() = 0;
};

struct InfoColumn {
  const char* name;
  const char* type;  // "varchar(64)"
};
inline constexpr char kInformationSchema[] = "information_schema";
inline constexpr char kPerformanceSchema[] = "performance_schema";
inline constexpr char kMysqlSchema[] = "mysql";
inline constexpr char kSysSchema[] = "sys";  // has no tables here

// Names differ without regard to case, in whatever schema a table is.
struct InfoTable {
  const char* name;
  std::span<const InfoColumn> columns;
  void (*rows)(InfoSource& source, Rows& rows);
  const char* schema = kInformationSchema;
};

// Is it one of the four?
bool is_info_database(std::string_view name);
// All of them.
std::span<const char* const> info_databases();
std::span<const std::span<const InfoTable>> info_tables();
// For the translator; null if there is none such.
const sql::TableInfo* info_table(std::string_view database, std::string_view name);
// `source` outlives the connection.
Status install_info_tables(sqlite3* connection, InfoSource& source);

}  // namespace murmel::session
