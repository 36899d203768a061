#include <doctest/doctest.h>
#include <sqlite3.h>

#include <string>
#include <vector>

#include "agent/functions/collation.h"
#include "agent/functions/registry.h"
#include "tests/unit/functions/test_session.h"

namespace murmel::functions {
namespace {

std::string character(char32_t c) {
  std::string text;
  append_character(&text, c);
  return text;
}

int compare(const char* collation, std::string_view a, std::string_view b) {
  int order = find_collation(collation)->compare(a, b);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

}  // namespace

// The sum was made of WEIGHT_STRING of each character of the first plane on a live server.
TEST_CASE("general_ci gives each character the weight that MySQL does") {
  uint64_t sum = 0xcbf29ce484222325;
  for (char32_t c = 1; c < 0x10000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string key = find_collation("utf8mb4_general_ci")->sort_key(character(c));
    if (key.empty()) key = std::string("\0 ", 2);
    for (char byte : key) sum = (sum ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  CHECK(sum == 0xebe1177f2b7ba12a);
}

TEST_CASE("accented Cyrillic letters are letters of their own in Unicode 5.2") {
  CHECK(compare("utf8mb4_unicode_520_ci", "Ў", "У") > 0);
  CHECK(compare("utf8mb4_unicode_520_ci", "Ў", "ў") == 0);
  CHECK(compare("utf8mb4_unicode_520_ci", "Ў", "Ф") < 0);
  CHECK(compare("utf8mb4_unicode_520_ci", "Ё", "Е") == 0);
}

TEST_CASE("blanks at the end count only where the collation does not pad") {
  for (const char* pad : {"utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin"}) {
    CHECK(compare(pad, "a", "a   ") == 0);
    CHECK(compare(pad, "a", "a\t") != 0);
  }
  CHECK(compare("utf8mb4_general_ci", "a", "a\t") > 0);  // a tab sorts before the blank that pads
  CHECK(compare("utf8mb4_bin", "a", "a\t") > 0);
  CHECK(compare("utf8mb4_0900_ai_ci", "a", "a ") < 0);
  CHECK(compare("utf8mb4_0900_bin", "a", "a ") < 0);
}

// Comparing takes a short way where characters are plain, keys never do.
TEST_CASE("what stands beside plain characters does not change the order of keys") {
  const std::string pieces[] = {"a", "A", "b",  "l",    "L",    "Z",      "0",      "9", " ", "_", "-", "'",
                                "~", "z", "\t", "\x7f", "\x01", "\u0301", "\u0338", "·", "é", "ß", "ж", "日"};
  std::vector<std::string> texts = {""};
  for (const std::string& first : pieces) {
    for (const std::string& second : pieces) texts.push_back("x" + first + second);
    texts.push_back(first);
  }
  for (const char* name : {"utf8mb4_0900_ai_ci", "utf8mb4_0900_as_ci", "utf8mb4_unicode_ci"}) {
    std::vector<std::string> keys;
    for (const std::string& text : texts) keys.push_back(find_collation(name)->sort_key(text));
    int wrong = 0;
    for (size_t i = 0; i < texts.size(); ++i) {
      for (size_t j = 0; j < texts.size(); ++j) {
        const int by_keys = keys[i] < keys[j] ? -1 : keys[i] > keys[j] ? 1 : 0;
        if (compare(name, texts[i], texts[j]) != by_keys) ++wrong;
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("sort keys order as comparing does") {
  const std::string texts[] = {"",  " ", "a", "A",  "ä", "ab",  "a b", "b", "ß", "ss",
                               "z", "Ж", "й", "日", "😀", "a\t", "`",   "^", "_"};
  for (const char* name :
       {"utf8mb4_unicode_ci", "utf8mb4_0900_ai_ci", "utf8mb4_0900_as_cs", "utf8mb4_0900_bin"}) {
    const Collation* collation = find_collation(name);
    for (const std::string& a : texts) {
      for (const std::string& b : texts) {
        int keys = collation->sort_key(a).compare(collation->sort_key(b));
        INFO(name, ": ", a, " and ", b);
        CHECK((keys > 0) - (keys < 0) == compare(name, a, b));
      }
    }
  }
}

TEST_CASE("SQLite orders, groups and keeps unique by a collation") {
  sqlite3* db = nullptr;
  TestSession session;
  REQUIRE(sqlite3_open(":memory:", &db) == SQLITE_OK);
  REQUIRE(install(db, session).ok());
  auto run = [&](const char* sql) { return sqlite3_exec(db, sql, nullptr, nullptr, nullptr); };
  CHECK(run("CREATE TABLE t1 (a TEXT COLLATE utf8mb4_0900_ai_ci UNIQUE, d TEXT COLLATE mysql_decimal "
            "UNIQUE)") == SQLITE_OK);
  CHECK(run("INSERT INTO t1 VALUES ('Zürich', '10.25')") == SQLITE_OK);
  CHECK(run("INSERT INTO t1 VALUES ('ZURICH', '1')") == SQLITE_CONSTRAINT);
  CHECK(run("INSERT INTO t1 VALUES ('Bern', '10.250')") == SQLITE_CONSTRAINT);
  CHECK(run("INSERT INTO t1 VALUES ('Bern', '9.5')") == SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  REQUIRE(sqlite3_prepare_v2(db, "SELECT d FROM t1 ORDER BY d", -1, &statement, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
  CHECK(std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0))) == "9.5");
  sqlite3_finalize(statement);
  sqlite3_close(db);
}

}  // namespace murmel::functions
