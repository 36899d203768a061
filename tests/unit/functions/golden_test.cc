// Runs data/*.txt: one expression a line, with the type and value that MySQL gives.
//
//   expression ==> type value [!code ...]     a result, and the numbers of its warnings
//   expression ==> error code
//   % statement                               run as it is (tables to aggregate over)
//   @ name value                              sets a session variable until the end of the file
//   # remark
// An expression may have " FROM ..." after it. Text is written with \n, \t, \\ and \xHH for other control
// characters; binary values in hexadecimal. `functions_test --rewrite` is spelled MURMEL_REWRITE=1 in the
// environment: it replaces what stands right of the arrows by what came out; compare_server.py holds the
// files against a live server.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "agent/functions/registry.h"
#include "agent/functions/value.h"
#include "tests/unit/functions/test_session.h"

namespace murmel::functions {
namespace {

constexpr const char* kArrow = " ==> ";

std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    char hex[8];
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      std::snprintf(hex, sizeof hex, "\\x%02X", static_cast<unsigned char>(c));
      out += hex;
    } else
      out += c;
  }
  return out;
}

std::string described(const Value& value) {
  std::string text = to_text(value);
  if (value.null()) return "null";
  if (value.kind == Kind::kBinary || value.kind == Kind::kBit) {
    std::string hex;
    for (char c : text) {
      char pair[4];
      std::snprintf(pair, sizeof pair, "%02X", static_cast<unsigned char>(c));
      hex += pair;
    }
    text = hex;
  }
  std::string type = name_of(value.kind);
  return text.empty() ? type : type + " " + escaped(text);
}

// describe(x): type and value as the data files have them.
void describe(sqlite3_context* context, int, sqlite3_value** values) {
  std::string text = described(read_value(values[0]));
  sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

struct Bench {
  Bench() {
    REQUIRE(sqlite3_open(":memory:", &db) == SQLITE_OK);
    Status installed = install(db, session);
    if (!installed) FAIL(installed.error().message);
    sqlite3_create_function(db, "describe", 1, SQLITE_UTF8, nullptr, describe, nullptr, nullptr);
  }
  ~Bench() { sqlite3_close(db); }

  std::string evaluate(const std::string& line) {
    session.codes.clear();
    size_t from = line.find(" FROM ");
    std::string sql = "SELECT describe(" + line.substr(0, from) + ")" +
                      (from == std::string::npos ? "" : line.substr(from));
    sqlite3_stmt* statement = nullptr;
    std::string result;
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
      return std::string("syntax ") + sqlite3_errmsg(db);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
      result = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    else if (code == SQLITE_DONE)
      result = "no row";
    std::vector<int> codes = session.codes;
    std::string message = sqlite3_errmsg(db);
    sqlite3_finalize(statement);
    if (code == SQLITE_ERROR)
      return codes.empty() ? "error: " + message : "error " + std::to_string(codes.back());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    for (int warning : codes) result += " !" + std::to_string(warning);
    return result;
  }

  TestSession session;
  sqlite3* db = nullptr;
};

// One file; gives it back with the results that came out.
std::string run_file(const std::filesystem::path& path) {
  Bench bench;
  std::ifstream file(path);
  std::string line, rewritten;
  int number = 0;
  while (std::getline(file, line)) {
    ++number;
    std::string out = line;
    if (line.rfind("% ", 0) == 0) {
      INFO(path.filename().string(), ":", number, ": ", line);
      CHECK(sqlite3_exec(bench.db, line.c_str() + 2, nullptr, nullptr, nullptr) == SQLITE_OK);
    } else if (line.rfind("@ ", 0) == 0) {
      size_t blank = line.find(' ', 2);
      CHECK(bench.session.set(line.substr(2, blank - 2),
                              blank == std::string::npos ? "" : line.substr(blank + 1)));
    } else if (!line.empty() && line[0] != '#') {
      size_t arrow = line.rfind(kArrow);
      std::string expression = line.substr(0, arrow);
      std::string expected =
          arrow == std::string::npos ? "" : line.substr(arrow + std::string(kArrow).size());
      std::string got = bench.evaluate(expression);
      out = expression;
      out += kArrow;
      out += got;
      if (std::getenv("MURMEL_REWRITE") == nullptr) {
        INFO(path.filename().string(), ":", number, ": ", expression);
        CHECK(got == expected);
      }
    }
    rewritten += out;
    rewritten += "\n";
  }
  return rewritten;
}

TEST_CASE("each function gives MySQL's type, value and warnings") {
  std::filesystem::path data = std::filesystem::path(MURMEL_SOURCE) / "tests/unit/functions/data";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data)) {
    if (entry.path().extension() != ".txt") continue;
    ++files;
    std::string rewritten = run_file(entry.path());
    if (std::getenv("MURMEL_REWRITE") != nullptr) std::ofstream(entry.path()) << rewritten;
  }
  CHECK(files > 0);
}

TEST_CASE("each function has a line in the data files") {
  std::string all;
  std::filesystem::path data = std::filesystem::path(MURMEL_SOURCE) / "tests/unit/functions/data";
  for (const auto& entry : std::filesystem::directory_iterator(data)) {
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    all += text.str();
  }
  for (auto rows : all_functions()) {
    for (const Function& function : rows) {
      std::string name = function.name;
      bool called =
          all.find(name + "(") != std::string::npos || all.find("\"" + name + "\"(") != std::string::npos;
      CHECK_MESSAGE(called, name);
    }
  }
}

}  // namespace
}  // namespace murmel::functions
