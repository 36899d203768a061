// A SQLite database that takes what the translator prints: it has the collations and functions that
// translated text names, as stand-ins, so that every statement can be prepared. Its schema answers as the
// catalog.
#pragma once

#include <sqlite3.h>

#include <map>
#include <string>
#include <string_view>

#include "agent/sql/catalog.h"
#include "agent/sql/translator.h"

namespace murmel::golden {

class SqlDatabase : public sql::Catalog {
 public:
  SqlDatabase();
  SqlDatabase(const SqlDatabase&) = delete;
  SqlDatabase& operator=(const SqlDatabase&) = delete;
  ~SqlDatabase() override;

  const sql::TableInfo* table(std::string_view database, std::string_view table) const override;
  std::vector<const sql::TableInfo*> referring_tables(std::string_view database,
                                                      std::string_view table) const override;
  const sql::TableInfo* trigger_table(std::string_view database, std::string_view trigger) const override;
  std::vector<const sql::TableInfo*> tables_with_triggers(std::string_view database) const override;
  // Empty, or SQLite's message. With `run` the statement is also run.
  std::string prepare(const std::string& text, bool run);
  sqlite3* handle() { return db_; }

 private:
  void read_schema() const;
  bool add_function(const std::string& message);

  sqlite3* db_ = nullptr;
  mutable std::map<std::string, sql::TableInfo, std::less<>> tables_;
  mutable int schema_version_ = -1;
};

}  // namespace murmel::golden
