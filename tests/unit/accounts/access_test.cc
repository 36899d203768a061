#include "agent/accounts/access.h"

#include <doctest/doctest.h>

namespace murmel::accounts {
namespace {

const Client kClient{{"app", "10.%"}, "app", "10.0.3.7"};

Accounts with(std::initializer_list<GrantRow> grants) {
  Rows rows;
  rows.users[kClient.account];
  rows.grants = grants;
  return {rows, {}};
}

std::string said(const Refusal& refusal) {
  return refusal.has_value() ? std::to_string(refusal->number) + " " + refusal->message : "allowed";
}

TEST_CASE("what is missing on a table is named as MySQL does") {
  const Accounts accounts = with({{kClient.account, "shop", "t", Privilege::kSelect}});
  CHECK(said(check_table(accounts, kClient, Privilege::kSelect, "shop", "t")) == "allowed");
  CHECK(said(check_table(accounts, kClient, Privilege::kInsert, "shop", "t")) ==
        "1142 INSERT command denied to user 'app'@'10.0.3.7' for table 't'");
  CHECK(said(check_table(accounts, kClient, PrivilegeSet(Privilege::kInsert) | Privilege::kGrantOption,
                         "shop", "u")) ==
        "1142 INSERT, GRANT command denied to user 'app'@'10.0.3.7' for table 'u'");
}

TEST_CASE("a database that is not seen is not used") {
  const Accounts accounts = with({{kClient.account, "shop", "t", Privilege::kSelect}});
  CHECK(said(check_use(accounts, kClient, "shop")) == "allowed");
  CHECK(said(check_use(accounts, kClient, "INFORMATION_SCHEMA")) == "allowed");
  CHECK(said(check_use(accounts, kClient, "other")) ==
        "1044 Access denied for user 'app'@'10.%' to database 'other'");
  CHECK(said(check_database(accounts, kClient, Privilege::kCreate, "shop")) ==
        "1044 Access denied for user 'app'@'10.%' to database 'shop'");
}

TEST_CASE("one of several global privileges is enough") {
  const Accounts accounts = with({{kClient.account, "", "", Privilege::kSuper}});
  CHECK(said(check_global(accounts, kClient, {Privilege::kReload, Privilege::kSuper})) == "allowed");
  CHECK(
      said(check_global(accounts, kClient, {Privilege::kReload, Privilege::kProcess})) ==
      "1227 Access denied; you need (at least one of) the RELOAD or PROCESS privilege(s) for this operation");
}

}  // namespace
}  // namespace murmel::accounts
