// Statements that concern the session and not the database, recognised by their first words: transactions,
// USE, SET NAMES and SET autocommit, SHOW DATABASES and SHOW TABLES, and those on accounts. Everything else
// is SQLite's. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "agent/mysql/errors.h"

namespace murmel::service {

namespace session_statement {
struct None {};   // blanks and comments
struct Plain {};  // rows, for SQLite
struct Ddl {};    // the schema, for SQLite; ends the transaction
struct Begin {};
struct Commit {};
struct Rollback {};
struct Use {
  std::string database;
};
struct Autocommit {
  bool on = false;
};
struct Names {};
struct ShowDatabases {};
struct ShowTables {};
struct Accounts {};  // users, grants, other clients: MySQL's text, for agent/sql
}  // namespace session_statement

using SessionStatement =
    std::variant<session_statement::None, session_statement::Plain, session_statement::Ddl,
                 session_statement::Begin, session_statement::Commit, session_statement::Rollback,
                 session_statement::Use, session_statement::Autocommit, session_statement::Names,
                 session_statement::ShowDatabases, session_statement::ShowTables,
                 session_statement::Accounts>;

// The first statement of `sql`; `rest` is what follows it and its semicolon, unless it is SQLite's or
// Accounts: then `rest` is all of it. Errors: 1235 (SET, SHOW and other words that only MySQL has), 1115 (a
// character set other than UTF-8).
mysql::Answer<SessionStatement> recognise(std::string_view sql, std::string_view* rest);

}  // namespace murmel::service
