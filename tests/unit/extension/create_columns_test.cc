#include "extension/create_columns.h"

#include <doctest/doctest.h>

#include <string>

namespace murmel::extension {
namespace {

std::string names(const char* sql) {
  CreateColumns columns;
  REQUIRE(columns.read(sql));
  std::string text;
  for (std::size_t i = 0; i < columns.size(); ++i) text += std::string(columns[i]) + "|";
  return text;
}

int steps(const std::string& before, const std::string& after) {
  return alter_steps(("CREATE TABLE t(" + before + ")").c_str(), ("CREATE TABLE t(" + after + ")").c_str());
}

}  // namespace

TEST_CASE("column names are read from definitions with everything that may stand in them") {
  CHECK(names("CREATE TABLE t(a,b)") == "a|b|");
  CHECK(names("CREATE TABLE \"a(b,\"(\"x \"\"y\"\"\" INT, [c,d], `e``f`, 'g', h$1)") ==
        "x \"y\"|c,d|e`f|g|h$1|");
  CHECK(
      names("CREATE TABLE t -- a (comment\n ( /* first, */ a DECIMAL(10,2) DEFAULT (f(1,2)), b CHECK(b<>')'),"
            " -- last, one\n c TEXT COLLATE NOCASE, PRIMARY KEY(a,b), UNIQUE(c))") == "a|b|c|");
  CHECK(names("CREATE TABLE t(\"unique\", checked, CHECK(checked>0)) WITHOUT ROWID") == "unique|checked|");
  CHECK(names("CREATE TABLE \xC3\xA4(\xC3\xB6, \xC3\xBC)") == "\xC3\xB6|\xC3\xBC|");
  CHECK(names("nonsense") == "");
  CHECK(names("CREATE TABLE t(a, b 'never closed") == "a|b|");
}

TEST_CASE("steps are counted as a receiver takes the two texts") {
  CHECK(steps("a,b", "a,b,c") == 1);
  CHECK(steps("a,b", "a,b,c,d") == 2);
  CHECK(steps("a,b,c", "b") == 2);
  CHECK(steps("a,b,c", "a,z,c") == 1);
  CHECK(steps("a,b,c", "x,b,z") == 2);
  CHECK(steps("a,b", "A INT, \"B\"") == 0);
  CHECK(steps("a,b,c", "b,d") == -1);  // c dropped and d added, or c renamed
  CHECK(steps("a,b", "a,c,d") == -1);
}

TEST_CASE("texts that a receiver would take for something else are told") {
  CHECK(steps("a,b", "b,a") == -1);
  CHECK(steps("a,b", "a,c,b") == -1);
  CHECK(steps("a,b,c", "a,c,b") == -1);
  CHECK(steps("a,b,c", "c,a,d") == -1);
  CHECK(steps("a,b,c", "a,c,d") == -1);
}

TEST_CASE("a text that grew by one piece is told from one that was rewritten") {
  CHECK(only_grew("t(a)", "t(a, b)"));
  CHECK(only_grew("t(a, UNIQUE(a))", "t(a, b, UNIQUE(a))"));
  CHECK_FALSE(only_grew("t(a)", "t(a)"));
  CHECK_FALSE(only_grew("t(a, b)", "t(c, b, d)"));
  CHECK_FALSE(only_grew("t(a, b)", "t(a)"));
}

}  // namespace murmel::extension
