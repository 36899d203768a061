#include "agent/accounts/describe.h"

#include <fmt/format.h>

namespace murmel::accounts {
namespace {

std::string in_quotes(std::string_view text, char quote) {
  std::string quoted_text(1, quote);
  for (const char c : text) {
    if (c == quote) quoted_text += quote;
    quoted_text += c;
  }
  return quoted_text + quote;
}

std::string name_of(const AccountId& id) {
  return in_quotes(id.user, '`') + "@" + in_quotes(id.host, '`');
}

// A string of SQL, with backslashes as MySQL reads them.
std::string literal(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') escaped += '\\';
    escaped += c;
  }
  return in_quotes(escaped, '\'');
}

std::string statement(PrivilegeSet set, Level level, const std::string& place, const AccountId& id) {
  return fmt::format("GRANT {} ON {} TO {}{}", privilege_list(set, level), place, name_of(id),
                     set.has(Privilege::kGrantOption) ? " WITH GRANT OPTION" : "");
}

}  // namespace

std::vector<std::string> grant_statements(const Accounts& accounts, const AccountId& id) {
  std::vector<std::string> lines = {statement(accounts.global(id), Level::kGlobal, "*.*", id)};
  const Rows& rows = accounts.rows();
  std::vector<std::string> of_tables;
  const GrantRow* previous = nullptr;
  for (auto row = rows.grants.lower_bound({id, {}, {}, {}}); row != rows.grants.end(); ++row) {
    if (row->account != id) break;
    const bool same =
        previous != nullptr && previous->database == row->database && previous->table == row->table;
    previous = &*row;
    const Level level = level_of(row->database, row->table);
    if (same || level == Level::kGlobal) continue;
    const PrivilegeSet set = granted_at(rows, id, row->database, row->table);
    const std::string table = level == Level::kTable ? in_quotes(row->table, '`') : "*";
    (level == Level::kTable ? of_tables : lines)
        .push_back(statement(set, level, in_quotes(row->database, '`') + "." + table, id));
  }
  lines.insert(lines.end(), of_tables.begin(), of_tables.end());
  return lines;
}

std::string create_user_statement(const AccountId& id, const UserRow& user) {
  const std::string kept = user.verifier.empty() ? "" : " AS " + literal(user.verifier);
  return fmt::format(
      "CREATE USER {} IDENTIFIED WITH '{}'{} REQUIRE {} PASSWORD EXPIRE DEFAULT ACCOUNT {} PASSWORD "
      "HISTORY DEFAULT PASSWORD REUSE INTERVAL DEFAULT PASSWORD REQUIRE CURRENT DEFAULT",
      name_of(id), user.plugin, kept, user.tls ? "SSL" : "NONE", user.locked ? "LOCK" : "UNLOCK");
}

}  // namespace murmel::accounts
