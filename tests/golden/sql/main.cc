// murmel-golden-sql [--rewrite] FILE...: each command is MySQL text; the output is what it becomes, or the
// error a client gets. Every SQLite statement is prepared; those that make tables are run, so that later ones
// see them. A line "mode WORDS" sets sql_mode, one "uses TEXT" tells which privileges the text needs,
// "values TEXT" what is left when its values are taken out. Ends with `N passed, N failed`.
#include <cstdio>
#include <cstring>

#include "agent/sql/normalise.h"
#include "agent/sql/stored_table.h"
#include "tests/golden/script.h"
#include "tests/golden/sql/database.h"

namespace {

using murmel::golden::SqlDatabase;
using namespace murmel::sql;

std::string parameters_text(const Step& step) {
  std::string text;
  for (std::size_t i = 0; i < step.parameters.size(); ++i) {
    if (step.parameters[i] == i) continue;
    text = " --";
    for (const std::uint32_t parameter : step.parameters) text += " ?" + std::to_string(parameter + 1);
    break;
  }
  return text;
}

std::string account_text(const Account& account) {
  std::string text = account.current ? "current" : account.user + "@" + account.host;
  if (!account.plugin.empty()) text += " with " + account.plugin;
  if (account.has_password) text += " by " + account.password;
  if (!account.password_hash.empty()) text += " as " + account.password_hash;
  return text;
}

struct CommandText {
  std::string operator()(const std::monostate&) const { return {}; }
  std::string operator()(const TransactionCommand& c) const {
    return "transaction " + std::to_string(static_cast<int>(c.what)) +
           (c.savepoint.empty() ? "" : " " + c.savepoint);
  }
  std::string operator()(const SetCommand& c) const {
    std::string text = "set";
    for (const SetItem& item : c.items) {
      text += " [" + std::to_string(static_cast<int>(item.scope)) + " " + item.name + " " + item.word +
              item.value_sql + "]";
    }
    return text;
  }
  std::string operator()(const ShowCommand& c) const {
    return "show " + c.what + " " + c.database + "." + c.name + (c.full ? " full" : "") +
           (c.has_like ? " like " + c.like : "") + (c.where_sql.empty() ? "" : " where " + c.where_sql);
  }
  std::string operator()(const UseCommand& c) const { return "use " + c.database; }
  std::string operator()(const KillCommand& c) const { return "kill " + c.id_sql; }
  std::string operator()(const AccountCommand& c) const {
    std::string text = "account " + std::to_string(static_cast<int>(c.what));
    for (const Account& account : c.accounts) text += " " + account_text(account);
    for (const Privilege& privilege : c.privileges) text += " " + privilege.name;
    if (!c.table.empty()) text += " on " + c.database + "." + c.table;
    if (c.if_exists || c.if_not_exists) text += c.if_exists ? " if exists" : " if not exists";
    if (c.lock != AccountCommand::Lock::kAsIs)
      text += c.lock == AccountCommand::Lock::kLock ? " lock" : " unlock";
    return text + (c.grant_option ? " with grant option" : "");
  }
  std::string operator()(const PreparedCommand& c) const { return "prepared " + c.name + " " + c.text; }
  std::string operator()(const DatabaseCommand& c) const { return "database " + c.name; }
  std::string operator()(const AdminCommand& c) const { return "admin " + c.what; }
};

std::string values(const std::string& text, const Settings& settings) {
  const auto normal = normalise(text, settings.mode);
  if (!normal) return "left as it is\n";
  std::string result = normal->text;
  for (const Literal& value : normal->values) {
    const auto* const integer = std::get_if<std::int64_t>(&value);
    result +=
        "\n" + (integer != nullptr ? std::to_string(*integer) : "'" + std::get<std::string>(value) + "'");
  }
  return result + "\n";
}

std::string uses(const std::string& sql, const SqlDatabase& database, const Settings& settings) {
  std::string text;
  for (const Statement& statement : translate(sql, settings, database)) {
    if (statement.has_error) return "ERROR " + statement.error.message + "\n";
    for (const TableUse& use : statement.tables) {
      if (!text.empty()) text += ", ";
      text += std::string(use.privilege) + " " + (use.database.empty() ? "" : use.database + ".") + use.table;
    }
  }
  return text + "\n";
}

std::string lock_text(const LockUse& use) {
  std::string text = use.mode == LockUse::Mode::kShare ? "\nshares " : "\nlocks ";
  text += use.table + (use.key.empty() ? " (all of it)" : " by");
  for (const std::string& column : use.key) text += " " + column;
  if (use.busy == LockUse::Busy::kFail) text += ", or fails";
  if (use.busy == LockUse::Busy::kSkip) text += ", or skips";
  return text;
}

std::string answer(const std::string& line, SqlDatabase& database, Settings& settings) {
  if (line.starts_with("mode")) {
    settings.mode.ansi_quotes = line.find("ANSI_QUOTES") != std::string::npos;
    settings.mode.no_backslash_escapes = line.find("NO_BACKSLASH_ESCAPES") != std::string::npos;
    settings.mode.pipes_as_concat = line.find("PIPES_AS_CONCAT") != std::string::npos;
    return "ok\n";
  }
  if (line.starts_with("uses ")) return uses(line.substr(5), database, settings);
  if (line.starts_with("values ")) return values(line.substr(7), settings);
  std::string text;
  for (const Statement& statement : translate(line, settings, database)) {
    if (!text.empty()) text += "\n";
    if (statement.has_error) {
      text += "ERROR " + std::to_string(statement.error.number) + " (" + statement.error.sqlstate +
              "): " + statement.error.message;
      continue;
    }
    text += std::visit(CommandText{}, statement.command);
    for (const Step& step : statement.steps) {
      if (!text.empty() && text.back() != '\n') text += "\n";
      text += step.sql + parameters_text(step);
      const std::string refused =
          database.prepare(step.sql, statement.kind == StatementKind::kDdl || !step.counts_rows);
      if (!refused.empty()) text += "\nSQLITE REFUSES: " + refused;
    }
    for (const LockUse& use : statement.locks) text += lock_text(use);
    if (statement.numbering && statement.numbering->first != 1)
      text += (text.empty() ? "counts from " : "\ncounts from ") + std::to_string(statement.numbering->first);
  }
  return (text.empty() ? "nothing to do" : text) + "\n";
}

}  // namespace

int main(int argc, char** argv) {
  const bool rewrite = argc > 1 && std::strcmp(argv[1], "--rewrite") == 0;
  int passed = 0;
  int failed = 0;
  for (int i = rewrite ? 2 : 1; i < argc; ++i) {
    SqlDatabase database;
    Settings settings;
    settings.database = "app";
    const bool good = murmel::golden::run_script(
        argv[i], rewrite, [&](const std::string& line) { return answer(line, database, settings); });
    good ? ++passed : ++failed;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
