// A scenario: SQL that an application runs, with directives where SQL is not enough. Text in, data out; no
// SQLite here.
//
//   --- scenario replace_evicts: one sentence that says what must hold
//   --- limit trigger before: why this check cannot hold in this capture mode (it must then fail, or the
//   limit is stale) CREATE TABLE t(...);            the base: exists before capture is switched on
//   --- run
//   INSERT ...;                     what is captured
//   --- connection 2                a directive; directives.h has the list
//
// A statement ends where sqlite3_complete() says so; a directive is one line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace murmel::capture_test {

struct Step {
  enum class Kind { kSql, kDirective };
  Kind kind;
  std::string text;  // SQL with its semicolon, or the directive without "---"
  int line;
};

// A documented difference of one capture mode ("hook", "trigger", or "any" of the two).
struct Limit {
  std::string mode;
  std::string check;
  std::string reason;
};

struct Scenario {
  std::string name;
  std::string summary;
  std::string file;
  std::vector<std::string>
      options;  // words of "--- option": journal=delete, load=late, enable=no, needs=hook ...
  std::vector<Limit> limits;
  std::vector<Step> base;
  std::vector<Step> run;

  bool has_option(std::string_view option) const;
  // The reason why `check` may fail in `mode`; empty when it must hold.
  std::string_view limit(std::string_view mode, std::string_view check) const;
};

// Reads one file. On a syntax error `error` gets a sentence with file and line, and the result is empty.
std::vector<Scenario> read_scenarios(const std::string& path, std::string& error);

}  // namespace murmel::capture_test
