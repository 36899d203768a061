#include "agent/service/session_databases.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "agent/functions/collation.h"
#include "agent/functions/registry.h"
#include "agent/service/wall_clock.h"
#include "agent/sql/resolve.h"

namespace murmel::service {
namespace {

constexpr std::monostate kReady;

}  // namespace

SessionDatabases::SessionDatabases(const OpenDatabases& names, SessionHost& host,
                                   session::SessionState& state, const session::Counters& counters,
                                   int lock_wait_ms)
    : names_(names), host_(host), state_(state), counters_(counters), lock_wait_ms_(lock_wait_ms) {}

void SessionDatabases::close_all() {
  schemas_.clear();
  attached_.clear();
  current_ = nullptr;
  open_.clear();
  extensions_.clear();
  temporary_numbers_.clear();
  name_.clear();
  foreign_keys_ = true;
}

mysql::Answer<std::unique_ptr<SessionDatabases::Database>> SessionDatabases::prepared(
    Result<std::unique_ptr<Database>> opened) {
  if (!opened.ok()) return mysql::unknown_error(opened.error().message);
  std::unique_ptr<Database> database = std::move(opened).value();
  const Status equipped = database->equip([this](sqlite3* connection) -> Status {
    TRY(functions::install(connection, state_));
    return session::install_info_tables(connection, *this);
  });
  if (!equipped.ok()) return mysql::unknown_error(equipped.error().message);
  for (const std::string& path : extensions_) {
    const Status loaded = database->load_extension(path);
    if (!loaded.ok()) return mysql::unknown_error(loaded.error().message);
  }
  return database;
}

// A name, and not a path: what is in no other folder can't be loaded.
mysql::Answer<std::monostate> SessionDatabases::load_extension(const std::string& directory,
                                                               const std::string& name) {
  if (directory.empty()) {
    return mysql::ClientError{
        1290, "HY000", "No extensions are loaded here: the configuration has no mysql.extension_directory"};
  }
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  });
  if (!plain) return mysql::unknown_error("the name of an extension is letters, digits, '_' and '-'");
  const std::string path = directory + "/" + name + ".so";
  if (std::find(extensions_.begin(), extensions_.end(), path) != extensions_.end()) return kReady;
  for (const auto& [file, database] : open_) {
    const Status loaded = database->load_extension(path);
    if (!loaded.ok()) return mysql::unknown_error("extension " + name + ": " + loaded.error().message);
  }
  extensions_.push_back(path);
  return kReady;
}

void SessionDatabases::leave() {
  name_.clear();
  current_ = nullptr;
  state_.current_database.clear();
}

bool SessionDatabases::exists(const std::string& name) const {
  return session::is_info_database(name) || names_.find(name).has_value();
}

std::shared_ptr<LocalCommits> SessionDatabases::commits() const {
  return session::is_info_database(name_) ? nullptr : names_.commits(name_);
}

mysql::Answer<std::monostate> SessionDatabases::use(const std::string& name) {
  if (session::is_info_database(name)) {
    name_ = name;
    current_ = nullptr;
    state_.current_database = name;
    return kReady;
  }
  const auto found = names_.find(name);
  if (!found.has_value()) return mysql::unknown_database(name);
  auto& database = open_[found->id];
  if (database == nullptr) {
    auto opened = prepared(Database::open(found->path, lock_wait_ms_));
    if (!opened.ok()) return opened.error();
    database = std::move(*opened);
  }
  name_ = name;
  current_ = database.get();
  state_.current_database = name;
  check_foreign_keys(foreign_keys_);
  return kReady;
}

mysql::Answer<SessionDatabases::Database*> SessionDatabases::current() {
  const bool named = !name_.empty() && !session::is_info_database(name_);
  if (named && !current_->in_transaction()) {
    // Dropped by others, and perhaps made again.
    const auto found = names_.find(name_);
    if (!found.has_value()) return mysql::unknown_database(name_);
    if (!open_.contains(found->id) || open_.at(found->id).get() != current_) {
      auto used = use(name_);
      if (!used.ok()) return used.error();
    }
  }
  if (current_ != nullptr) return current_;
  auto& scratch = open_[""];
  if (scratch == nullptr) {
    auto opened = prepared(Database::open_scratch(lock_wait_ms_));
    if (!opened.ok()) return opened.error();
    scratch = std::move(*opened);
  }
  current_ = scratch.get();
  return current_;
}

void SessionDatabases::check_foreign_keys(bool on) {
  foreign_keys_ = on;
  if (current_ == nullptr) return;
  current_->check_foreign_keys(on);
}

// --- tables -----------------------------------------------------------------------------------------------

void SessionDatabases::begin_translation() {
  hidden_.reset();
  schemas_.begin_round();
  if (current_ != nullptr) current_->expect_own({});
}

std::int64_t SessionDatabases::schema_version() const {
  if (name_.empty() || session::is_info_database(name_) || current_ == nullptr) return -1;
  if (current_->on_snapshot()) return current_->schema_version_on_snapshot();
  return schemas_.version_of(current_->handle(), "main");
}

void SessionDatabases::begin_statement(const std::vector<sql::TableUse>& tables) {
  greatest_.clear();
  std::vector<std::string> own;
  for (const sql::TableUse& use : tables) {
    const bool elsewhere = std::any_of(tables.begin(), tables.end(), [&](const sql::TableUse& other) {
      return !other.database.empty() && other.table == use.table;
    });
    if (use.database.empty() && !elsewhere) own.push_back(use.table);
  }
  if (current_ != nullptr) current_->expect_own(std::move(own));
}

bool SessionDatabases::attach(const std::string& database) const {
  const auto found = names_.find(database);
  if (!found.has_value()) return false;
  std::string& attached = attached_[current_][database];
  if (attached == found->id) return true;
  if (!attached.empty()) {
    schemas_.forget(current_->handle(), database);
    if (!current_->detach(database).ok()) return false;
  }
  attached.clear();
  if (!current_->attach(found->path, database).ok()) return false;
  attached = found->id;
  return true;
}

const sql::TableInfo* SessionDatabases::table(std::string_view database, std::string_view table) const {
  const std::string name = database.empty() ? name_ : std::string(database);
  if (session::is_info_database(name)) return session::info_table(name, table);
  if (current_ == nullptr) return nullptr;
  if (!rights_->sees_table(name, std::string(table))) {
    hidden_ = {name, std::string(table)};
    return nullptr;
  }
  const bool here = name == name_;
  if (!here && !attach(name)) return nullptr;
  // A temporary table hides another one of its name, as in SQLite.
  if (here) {
    const auto temporary = schemas_.of(current_->handle(), "temp");
    const sql::TableInfo* const found = temporary.ok() ? temporary.value()->find(table) : nullptr;
    if (found != nullptr) return found;
  }
  const auto schema = schemas_.of(current_->handle(), here ? "main" : name);
  return schema.ok() ? schema.value()->find(table) : nullptr;
}

bool SessionDatabases::has_collation(std::string_view name) const {
  return functions::find_collation(name) != nullptr;
}

std::vector<const sql::TableInfo*> SessionDatabases::referring_tables(std::string_view database,
                                                                      std::string_view table) const {
  std::vector<const sql::TableInfo*> found;
  const auto schema = schemas_.of(current_->handle(), database.empty() ? "main" : std::string(database));
  if (!schema.ok()) return found;
  for (const auto& [name, info] : schema.value()->tables) {
    const bool refers =
        std::any_of(info.foreign_keys.begin(), info.foreign_keys.end(),
                    [table](const sql::ForeignKeyInfo& key) { return sql::same_name(key.table, table); });
    if (refers) found.push_back(&info);
  }
  return found;
}

const sql::TableInfo* SessionDatabases::trigger_table(std::string_view database,
                                                      std::string_view trigger) const {
  const std::string attached = database.empty() ? "main" : std::string(database);
  if (current_ == nullptr || (!database.empty() && !attach(attached))) return nullptr;
  const auto schema = schemas_.of(current_->handle(), attached);
  return schema.ok() ? schema.value()->with_trigger(trigger) : nullptr;
}

std::vector<const sql::TableInfo*> SessionDatabases::tables_with_triggers(std::string_view database) const {
  std::vector<const sql::TableInfo*> found;
  const auto schema = schemas_.of(current_->handle(), database.empty() ? "main" : std::string(database));
  if (!schema.ok()) return found;
  for (const auto& [name, table] : schema.value()->tables) {
    if (!table.triggers.empty()) found.push_back(&table);
  }
  return found;
}

const session::DatabaseSchema* SessionDatabases::schema(const std::string& database) {
  if (database == name_ && current_ != nullptr) {
    const auto schema = schemas_.of(current_->handle(), "main");
    return schema.ok() ? schema.value() : nullptr;
  }
  const auto found = names_.find(database);
  return found.has_value() ? schemas_.of_file(found->path) : nullptr;
}

const session::DatabaseSchema* SessionDatabases::temporary() {
  if (current_ == nullptr) return nullptr;
  const auto schema = schemas_.of(current_->handle(), "temp");
  return schema.ok() ? schema.value() : nullptr;
}

session::TableSizes SessionDatabases::sizes(const std::string& database, bool values) {
  const session::DatabaseSchema* const tables = schema(database);
  if (tables == nullptr) return {};
  if (database == name_ && current_ != nullptr) {
    session::TableSizes sizes = session::read_sizes(current_->handle(), "main", *tables);
    if (values) session::estimate_values(current_->handle(), "main", *tables, sizes);
    tell_floors(database, sizes);
    return sizes;
  }
  const auto found = names_.find(database);
  if (!found.has_value()) return {};
  session::TableSizes sizes = session::read_sizes_of_file(found->path, *tables);
  tell_floors(database, sizes);
  return sizes;
}

std::vector<std::string> SessionDatabases::databases() {
  std::vector<std::string> names = names_.names();
  std::erase_if(names, [this](const std::string& name) { return !rights_->sees_database(name); });
  return names;
}

bool SessionDatabases::sees(const std::string& database, const std::string& table) {
  return rights_->sees_table(database, table);
}

bool SessionDatabases::sees_definition(const std::string& database, const std::string& view) {
  return !rights_->may_touch({{database, view, "SHOW VIEW"}}, {}).has_value();
}

std::vector<session::Process> SessionDatabases::processes() {
  const WallMs now = wall_clock_ms();
  std::vector<session::Process> result;
  for (const ClientEntry& client : rights_->processes()) {
    session::Process process;
    process.id = client.connection;
    process.user = client.user;
    process.host = client.host;
    process.database = client.database;
    process.command = client.command;
    process.seconds = std::max<WallMs>(0, now - client.since) / 1'000;
    process.text = client.text;
    result.push_back(std::move(process));
  }
  return result;
}

std::vector<std::pair<std::string, std::string>> SessionDatabases::status(bool global) {
  auto rows = global ? host_.counters().all() : counters_.all();
  for (auto& row : host_.status()) rows.push_back(std::move(row));
  return rows;
}

session::Rows SessionDatabases::cluster(session::ClusterTable table) {
  session::Rows rows = host_.cluster(table);
  if (table == session::ClusterTable::kNodes) return rows;
  const bool of_tables = table == session::ClusterTable::kConflicts;
  std::erase_if(rows, [&](const std::vector<session::Cell>& row) {
    const auto& database = std::get<std::string>(row[0]);
    return of_tables ? !rights_->sees_table(database, std::get<std::string>(row[1]))
                     : !rights_->sees_database(database);
  });
  return rows;
}

// Whether it may read the schema `mysql` is asked as for any table; of privileges it sees its own at least.
session::Rows SessionDatabases::accounts(session::AccountTable table) {
  const bool all = !rights_->may_touch({{session::kMysqlSchema, "user"}}, {}).has_value();
  return rights_->account_rows(table, all);
}

}  // namespace murmel::service
