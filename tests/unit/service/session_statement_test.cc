#include "agent/service/session_statement.h"

#include <doctest/doctest.h>

#include "agent/service/client_errors.h"
#include "agent/service/result_columns.h"

using namespace murmel;
using namespace murmel::service;
namespace kind = murmel::service::session_statement;

namespace {

template <typename Kind>
bool is(std::string_view sql) {
  std::string_view rest;
  auto statement = recognise(sql, &rest);
  return statement.ok() && std::holds_alternative<Kind>(*statement);
}

int refused(std::string_view sql) {
  std::string_view rest;
  const auto statement = recognise(sql, &rest);
  return statement.ok() ? 0 : statement.error().number;
}

mysql::Column declared(std::string_view type) {
  mysql::Column column;
  CHECK(declare(type, &column));
  return column;
}

}  // namespace

TEST_CASE("Statements are told apart by their first words, whatever stands around them") {
  CHECK(is<kind::None>(" /* nothing */ -- at all\n ; "));
  CHECK(is<kind::Plain>("-- comment\nSELECT 1"));
  CHECK(is<kind::Plain>("(select 1)"));
  CHECK(is<kind::Ddl>("/* c */ Create table t(a)"));
  CHECK(is<kind::Begin>("START TRANSACTION;"));
  CHECK(is<kind::Begin>("begin"));
  CHECK(is<kind::Commit>("COMMIT"));
  CHECK(is<kind::Rollback>("rollback # now"));
  CHECK(is<kind::Names>("SET NAMES 'utf8mb4' COLLATE utf8mb4_bin"));
  CHECK(is<kind::Autocommit>("set @@session.autocommit = 0") == false);
  CHECK(is<kind::Autocommit>("SET AUTOCOMMIT = 0"));
  CHECK(is<kind::ShowTables>("show tables"));
  CHECK(is<kind::Accounts>("Create User a"));
  CHECK(is<kind::Accounts>("SET PASSWORD = 'x'"));
  CHECK(is<kind::Accounts>("show full processlist"));
  CHECK(is<kind::Accounts>("grant select on *.* to a"));
}

TEST_CASE("What follows a statement of the session is left over; SQLite's text is left whole") {
  std::string_view rest;
  auto use = recognise("use `my db`; select 2", &rest);
  REQUIRE(use.ok());
  CHECK(std::get<kind::Use>(*use).database == "my db");
  CHECK(rest == " select 2");
  REQUIRE(recognise("select 1; select 2", &rest).ok());
  CHECK(rest == "select 1; select 2");
}

TEST_CASE("What is not there is refused: 1235 if MySQL has it, 1064 if not") {
  CHECK(refused("show status") == 1235);
  CHECK(refused("set sql_mode = ''") == 1235);
  CHECK(refused("load data infile 'x' into table t") == 1235);
  CHECK(refused("begin nonsense") == 1235);
  CHECK(refused("pragma journal_mode") == 1064);
  CHECK(refused("vacuum into 'file'") == 1064);
  CHECK(refused("attach 'file' as f") == 1064);
  CHECK(refused("set names latin1") == 1115);
}

TEST_CASE("SQLite's errors become MySQL's") {
  const auto number = [](int code, const char* message) {
    return client_error({code, message, ""}, "shop").number;
  };
  CHECK(number(2067, "UNIQUE constraint failed: t.a") == 1062);
  CHECK(number(1299, "NOT NULL constraint failed: t.a") == 1048);
  CHECK(number(787, "FOREIGN KEY constraint failed") == 1452);
  CHECK(number(275, "CHECK constraint failed: positive") == 3819);
  CHECK(number(5, "database is locked") == 1205);
  CHECK(number(517, "database is locked") == 1213);
  CHECK(number(9, "interrupted") == 1317);
  CHECK(number(1, "no such column: x") == 1054);
  CHECK(number(1, "near \"x\": syntax error") == 1064);
  CHECK(number(1, "table t already exists") == 1050);
  CHECK(client_error({1, "no such table: t", ""}, "shop").message == "Table 'shop.t' doesn't exist");
  CHECK(client_error({1299, "NOT NULL constraint failed: t.a", ""}, "").message ==
        "Column 'a' cannot be null");
}

TEST_CASE("Declared types become types, lengths and flags of MySQL's columns") {
  using mysql::ColumnType;
  CHECK(declared("int unsigned").type == ColumnType::kLong);
  CHECK((declared("int unsigned").flags & mysql::kUnsigned) != 0);
  CHECK(declared("VARCHAR(20)").length == 80);
  CHECK(declared("varbinary(20)").length == 20);
  CHECK(declared("varbinary(20)").collation == mysql::kBinaryCharset);
  CHECK(declared("decimal(10, 2)").decimals == 2);
  CHECK(declared("decimal(10, 2)").length == 12);
  CHECK(declared("datetime(6)").length == 26);
  CHECK((declared("longtext").flags & mysql::kBlobFlag) != 0);
  mysql::Column column;
  CHECK(!declare("whatever", &column));
  CHECK(!declare("", &column));
}
