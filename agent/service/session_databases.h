// SessionDatabases: the databases of one session: a connection for each that it has used, with MySQL's
// functions and tables about tables; others that a statement names are attached to it. Tells the translator
// of tables, and information_schema of everything. The session's thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/service/client_rights.h"
#include "agent/service/number_table.h"
#include "agent/service/open_databases.h"
#include "agent/service/session_host.h"
#include "agent/session/info_tables.h"
#include "agent/session/schema.h"
#include "agent/sql/catalog.h"
#include "agent/sql/translator.h"
#include "agent/store/client_database.h"

namespace murmel::service {

class SessionDatabases final : public sql::Catalog, private session::InfoSource {
 public:
  using Database = store::ClientDatabase;

  SessionDatabases(const OpenDatabases& names, SessionHost& host, session::SessionState& state,
                   const session::Counters& counters, int lock_wait_ms);

  // Whom the lists are for; outlives this.
  void set_rights(const ClientRights& rights) { rights_ = &rights; }
  // What the client has told of itself.
  void set_attributes(std::vector<std::pair<std::string, std::string>> attributes) {
    attributes_ = std::move(attributes);
  }
  // Rolls back what is open.
  void close_all();
  const std::string& name() const { return name_; }  // of the current one; empty: none
  // The current one; without one, an empty one in memory. Null before the first current().
  Database* opened() const { return current_; }
  mysql::Answer<Database*> current();
  // Errors: 1049, 1105.
  mysql::Answer<std::monostate> use(const std::string& name);
  // The current one is gone.
  void leave();
  bool exists(const std::string& name) const;
  std::string id_of(const std::string& name) const;  // empty: there is none
  // Where transactions of the current one are committed; null: there is none, or it is gone.
  std::shared_ptr<LocalCommits> commits() const;
  std::shared_ptr<LocalCommits> commits_of(const std::string& name) const { return names_.commits(name); }
  // Into all connections, those to come as well. Errors: 1105, 1290.
  mysql::Answer<std::monostate> load_extension(const std::string& directory, const std::string& name);
  // Foreign keys are looked at, or not; holds for all connections, from their next transaction on.
  void check_foreign_keys(bool on);
  bool checks_foreign_keys() const { return foreign_keys_; }
  // AUTO_INCREMENT values (service/numbers.h). Errors: 1467.
  mysql::Answer<session::NumberRun> next_ids(std::string_view table, std::int64_t wanted);
  // What AUTO_INCREMENT of the table is told to be; nothing: it does not count, or by the time (BIGINT), or
  // it can't be read.
  std::optional<std::int64_t> next_number(const sql::TableUse& use);
  // The first of these that is an AUTO_INCREMENT value in the table.
  std::optional<std::int64_t> first_found(const sql::TableUse& use, const std::vector<std::int64_t>& ids);
  // These were defined anew, or emptied.
  void number_anew(const std::vector<sql::TableUse>& tables);
  // After the definition that says it. Errors: 1467.
  mysql::Answer<std::monostate> number_from(const sql::NumberingUse& numbering);
  // Before tables are renamed. Errors: 1467.
  mysql::Answer<std::monostate> carry_numbers(const std::vector<sql::RenameUse>& renamings);
  // A new statement with these tables: numbers of narrow columns are looked up anew.
  void begin_statement(const std::vector<sql::TableUse>& tables);
  // A text is about to be translated: tables that were told of before may be gone, and nothing was hidden.
  void begin_translation();
  // Of the current database, as of this translation; -1: there is none, or it can't be read.
  std::int64_t schema_version() const;
  // A table with which the client may do nothing, so that the translator was told that there is none.
  const std::optional<sql::TableUse>& hidden() const { return hidden_; }

  // sql::Catalog
  const sql::TableInfo* table(std::string_view database, std::string_view table) const override;
  bool has_collation(std::string_view name) const override;
  std::vector<const sql::TableInfo*> referring_tables(std::string_view database,
                                                      std::string_view table) const override;
  const sql::TableInfo* trigger_table(std::string_view database, std::string_view trigger) const override;
  std::vector<const sql::TableInfo*> tables_with_triggers(std::string_view database) const override;
  const session::DatabaseSchema* schema(const std::string& database) override;
  const session::DatabaseSchema* temporary() override;

  // session::InfoSource
  session::TableSizes sizes(const std::string& database, bool values) override;

 private:
  // session::InfoSource
  std::vector<std::string> databases() override;
  std::string collation(const std::string& database) override { return rights_->collation_of(database); }
  bool sees(const std::string& database, const std::string& table) override;
  bool sees_definition(const std::string& database, const std::string& view) override;
  std::vector<session::Process> processes() override;
  std::vector<std::pair<std::string, std::string>> status(bool global) override;
  session::Rows cluster(session::ClusterTable table) override;
  session::Rows accounts(session::AccountTable table) override;
  std::vector<std::pair<std::string, std::string>> connect_attributes() override { return attributes_; }
  session::SessionState& state() override { return state_; }

  mysql::Answer<std::unique_ptr<Database>> prepared(Result<std::unique_ptr<Database>> opened);
  bool attach(const std::string& database) const;
  void tell_floors(const std::string& database, session::TableSizes& sizes);
  NumberedTable numbered(const std::string& database, const std::string& table) const;
  using Greatest = session::NumberRanges::Greatest;
  mysql::Answer<session::NumberRun> next_temporary_ids(const std::string& table, std::int64_t most,
                                                       std::int64_t wanted, const Greatest& greatest);
  sql::TableInfo made_meanwhile(const std::string& database, const std::string& name);
  bool has_ranges(const sql::TableUse& use);
  // In a column; within `range`, if there is one. 0: none is; nothing: it can't be read.
  std::optional<std::int64_t> greatest(const std::string& table, const std::string& column,
                                       const session::NumberRanges::Range* range);

  const OpenDatabases& names_;
  SessionHost& host_;
  session::SessionState& state_;
  const session::Counters& counters_;
  int lock_wait_ms_;
  const ClientRights* rights_ = nullptr;
  std::string name_;
  std::vector<std::pair<std::string, std::string>> attributes_;
  bool foreign_keys_ = true;
  std::vector<std::string> extensions_;  // paths of those that are loaded
  Database* current_ = nullptr;
  mutable session::SchemaCache schemas_;
  std::map<std::string, std::unique_ptr<Database>> open_;                     // by id; "" is the scratch one
  mutable std::map<Database*, std::map<std::string, std::string>> attached_;  // ids by name
  mutable std::optional<sql::TableUse> hidden_;
  std::map<std::string, std::int64_t, std::less<>> greatest_;       // number in a table, for this statement
  std::map<std::string, session::NumberRanges> temporary_numbers_;  // by table
};

}  // namespace murmel::service
