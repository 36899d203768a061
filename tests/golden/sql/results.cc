// murmel-golden-sql-results [--rewrite | --normalise] FILE...: each command is MySQL text, which is
// translated and run with MySQL's functions; the output is what a client gets: rows, the number of rows
// written, or an error. The steps of a statement are one transaction. A query of sqlite_schema goes to SQLite
// as it is. --normalise takes the values out of the texts first, which must change no answer. Ends with `N
// passed, N failed`.
#include <sqlite3.h>

#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include "agent/base/check.h"
#include "agent/functions/collation.h"
#include "agent/functions/registry.h"
#include "agent/sql/normalise.h"
#include "tests/golden/script.h"
#include "tests/golden/sql/database.h"
#include "tests/unit/functions/test_session.h"

namespace {

using murmel::golden::SqlDatabase;
using namespace murmel::sql;

class Database : public SqlDatabase {
 public:
  bool has_collation(std::string_view name) const override {
    return murmel::functions::find_collation(name) != nullptr;
  }
};

class Server {
 public:
  explicit Server(bool normalises) : normalises_(normalises) {
    session_.mode = murmel::functions::kStrictTables | murmel::functions::kErrorForDivisionByZero;
    session_.collation_name = "utf8mb4_0900_ai_ci";
    sqlite3_exec(database_.handle(), "PRAGMA recursive_triggers = 1", nullptr, nullptr, nullptr);
    check_foreign_keys(true);
    INVARIANT(murmel::functions::install(database_.handle(), session_).ok());
    settings_.database = "app";
  }

  std::string answer(const std::string& line) {
    std::string text;
    if (line.find("sqlite_schema") != std::string::npos) {
      const std::string failure = run_step({line, {}, true}, text);
      return (failure.empty() ? text : failure) + "\n";
    }
    if (normalises_) {
      if (const auto normal = normalise(line, settings_.mode)) return answer_normal(*normal) + "\n";
    }
    StatementReader reader(line);
    while (const auto statement = reader.next(settings_, database_)) text += run(*statement) + "\n";
    return text;
  }

 private:
  void check_foreign_keys(bool on) {
    sqlite3_db_config(database_.handle(), SQLITE_DBCONFIG_ENABLE_FKEY, on ? 1 : 0, nullptr);
  }

  std::string answer_normal(const NormalText& normal) {
    values_ = normal.values;
    for (const Literal& value : values_) {
      const bool integer = std::holds_alternative<std::int64_t>(value);
      settings_.parameters.push_back(integer ? TypeKind::kBigInt : TypeKind::kVarChar);
    }
    StatementReader reader(normal.text);
    settings_.literals = true;
    const auto statement = reader.next(settings_, database_);
    settings_.literals = false;
    settings_.parameters.clear();
    std::string text = run(*statement);
    values_.clear();
    return text;
  }

  void bind(sqlite3_stmt* prepared, const Step& step) const {
    for (std::size_t i = 0; i < step.parameters.size(); ++i) {
      const Literal& value = values_[step.parameters[i]];
      const auto number = static_cast<int>(i + 1);
      if (const auto* const integer = std::get_if<std::int64_t>(&value)) {
        sqlite3_bind_int64(prepared, number, *integer);
      } else {
        const auto& text = std::get<std::string>(value);
        sqlite3_bind_text(prepared, number, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
      }
    }
  }

  std::string run(const Statement& statement) {
    if (statement.has_error) {
      return "ERROR " + std::to_string(statement.error.number) + ": " + statement.error.message;
    }
    session_.updates.clear();
    session_.codes.clear();
    const auto mode = session_.mode;
    if (statement.ignore) session_.mode &= ~static_cast<std::uint32_t>(murmel::functions::kStrictTables);
    session_.last_message.clear();
    if (const auto* const set = std::get_if<SetCommand>(&statement.command)) return run_set(*set);
    if (statement.without_foreign_keys) check_foreign_keys(false);
    sqlite3_exec(database_.handle(), "BEGIN", nullptr, nullptr, nullptr);
    std::string rows;
    std::string failure;
    int changes = 0;
    rowids_.clear();
    for (const Step& step : statement.steps) {
      failure = run_rows(step, rows);
      if (!failure.empty()) break;
      if (step.counts_rows) changes += sqlite3_changes(database_.handle());
    }
    sqlite3_exec(database_.handle(), failure.empty() ? "COMMIT" : "ROLLBACK", nullptr, nullptr, nullptr);
    check_foreign_keys(true);
    session_.mode = mode;
    if (!failure.empty()) return "ERROR " + failure;
    if (statement.kind == StatementKind::kDdl) return "ok" + notes(statement);
    if (statement.kind != StatementKind::kWrite) return rows.empty() ? "no rows" : rows;
    // A sign for each column that UPDATE writes: did it change?
    if (statement.verb == Statement::WriteVerb::kUpdate) return "updated " + session_.updates;
    return std::to_string(changes) + " rows" + warnings(statement);
  }

  std::string run_set(const SetCommand& set) {
    for (const SetItem& item : set.items) {
      std::string value;
      const std::string failure = run_step({item.value_sql, {}, false}, value);
      if (!failure.empty()) return "ERROR " + failure;
      if (item.name == "time_zone") session_.zone = value;
      if (item.name == "foreign_key_checks") session_.foreign_key_checks = value == "1" ? 1 : 0;
      if (item.name == "sql_mode")
        settings_.mode.only_full_group_by = value.find("ONLY_FULL_GROUP_BY") != std::string::npos;
    }
    return "ok";
  }

  static std::string notes(const Statement& statement) {
    std::string text;
    for (const SqlError& note : statement.notes)
      text += ", note " + std::to_string(note.number) + ": " + note.message;
    return text;
  }

  // Of what IGNORE says nothing else.
  std::string warnings(const Statement& statement) const {
    std::string text;
    if (!statement.ignore) return text;
    for (const SqlError& warning : statement.warnings) text += " " + std::to_string(warning.number);
    for (const int code : session_.codes) text += " " + std::to_string(code);
    return text.empty() ? text : ", warnings:" + text;
  }

  std::string run_rows(const Step& step, std::string& rows) {
    if (step.rows != Step::Rows::kTaken) return run_step(step, rows);
    std::string failure;
    for (std::size_t i = 0; i < rowids_.size() && failure.empty(); ++i)
      failure = run_step(step, rows, rowids_[i]);
    return failure;
  }

  std::string run_step(const Step& step, std::string& rows, std::optional<std::int64_t> rowid = {}) {
    sqlite3_stmt* prepared = nullptr;
    sqlite3* const db = database_.handle();
    if (sqlite3_prepare_v2(db, step.sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK) {
      return std::string("preparing ") + sqlite3_errmsg(db) + ": " + step.sql;
    }
    bind(prepared, step);
    if (rowid) sqlite3_bind_int64(prepared, static_cast<int>(step.parameters.size() + 1), *rowid);
    while (sqlite3_step(prepared) == SQLITE_ROW) {
      if (step.rows == Step::Rows::kGiven) {
        rowids_.push_back(sqlite3_column_int64(prepared, 0));
        continue;
      }
      if (!rows.empty()) rows += "\n";
      for (int i = 0; i < sqlite3_column_count(prepared); ++i) {
        const auto* const value = reinterpret_cast<const char*>(sqlite3_column_text(prepared, i));
        rows += (i == 0 ? "" : " | ") + std::string(value != nullptr ? value : "NULL");
      }
    }
    if (sqlite3_finalize(prepared) == SQLITE_OK) return {};
    return session_.last_message.empty() ? sqlite3_errmsg(db) : session_.last_message;
  }

  bool normalises_;
  std::vector<Literal> values_;
  std::vector<std::int64_t> rowids_;  // that a step gives to the next one
  murmel::functions::TestSession session_;
  Database database_;
  Settings settings_;
};

}  // namespace

int main(int argc, char** argv) {
  const bool rewrite = argc > 1 && std::strcmp(argv[1], "--rewrite") == 0;
  const bool normalises = argc > 1 && std::strcmp(argv[1], "--normalise") == 0;
  int passed = 0;
  int failed = 0;
  for (int i = rewrite || normalises ? 2 : 1; i < argc; ++i) {
    Server server(normalises);
    const bool good = murmel::golden::run_script(
        argv[i], rewrite, [&](const std::string& line) { return server.answer(line); });
    good ? ++passed : ++failed;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
