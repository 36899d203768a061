#include "agent/accounts/patterns.h"

#include <doctest/doctest.h>

#include "agent/accounts/privileges.h"

namespace murmel::accounts {
namespace {

TEST_CASE(
    "a percent sign stands for any characters, an underscore for one, a backslash takes the next as it is") {
  CHECK(wild_match("app%", "app"));
  CHECK(wild_match("app%", "app_2"));
  CHECK(wild_match("%a%b", "xaabab"));
  CHECK(wild_match("a_c", "abc"));
  CHECK(!wild_match("a_c", "ac"));
  CHECK(wild_match("a\\_c", "a_c"));
  CHECK(!wild_match("a\\_c", "abc"));
  CHECK(wild_match("100\\%", "100%"));
  CHECK(!wild_match("", "a"));
  CHECK(wild_match("%", ""));
  CHECK(!wild_match("%%%%%%%%%%%%%%%%%%%%b", std::string(2'000, 'a')));
}

TEST_CASE("a host is an address, a pattern, a network, or this machine") {
  const Peer far{"10.0.3.7", false};
  const Peer here{"127.0.0.1", true};
  CHECK(host_matches("%", far));
  CHECK(host_matches("", far));
  CHECK(host_matches("10.0.%", far));
  CHECK(!host_matches("10.1.%", far));
  CHECK(host_matches("10.0.3.7", far));
  CHECK(host_matches("10.0.0.0/255.255.0.0", far));
  CHECK(host_matches("10.0.0.0/16", far));
  CHECK(!host_matches("10.0.0.0/24", far));
  CHECK(host_matches("0.0.0.0/0", far));
  CHECK(!host_matches("10.0.0.0/33", far));
  CHECK(host_matches("10.0.0.0/16", Peer{"::ffff:10.0.3.7", false}));
  CHECK(!host_matches("localhost", far));
  CHECK(host_matches("LocalHost", here));
  CHECK(host_matches("127.0.0.1", here));
  CHECK(host_matches("localhost", Peer{"localhost", true}));
  CHECK(!host_matches("127.0.0.1", Peer{"localhost", true}));
  CHECK(host_matches("2001:db8::%", Peer{"2001:db8::1", false}));
}

TEST_CASE("the more specific host comes first") {
  CHECK(host_rank("10.0.3.7") > host_rank("10.0.3.0/24"));
  CHECK(host_rank("10.0.3.0/24") > host_rank("10.0.0.0/255.255.0.0"));
  CHECK(host_rank("10.0.0.0/8") > host_rank("10.0.3.%"));
  CHECK(host_rank("10.0.3.%") > host_rank("10.0.%"));
  CHECK(host_rank("10.%") > host_rank("%"));
  CHECK(host_rank("%") > host_rank(""));
  CHECK(database_rank("app\\_a") > database_rank("app%"));
}

TEST_CASE("privileges know their words and where they can be granted") {
  CHECK(privilege_named("CREATE TEMPORARY TABLES") == Privilege::kCreateTemporaryTables);
  CHECK(!privilege_named("USAGE").has_value());
  CHECK(grantable(Level::kGlobal).has_all(grantable(Level::kDatabase)));
  CHECK(!grantable(Level::kDatabase).has(Privilege::kProcess));
  CHECK(!grantable(Level::kTable).has(Privilege::kLockTables));
  CHECK(privilege_list(grantable(Level::kDatabase), Level::kDatabase) == "ALL PRIVILEGES");
  CHECK(privilege_list(PrivilegeSet(Privilege::kUpdate) | Privilege::kSelect, Level::kTable) ==
        "SELECT, UPDATE");
  CHECK(privilege_list(Privilege::kGrantOption, Level::kTable) == "USAGE");
}

}  // namespace
}  // namespace murmel::accounts
