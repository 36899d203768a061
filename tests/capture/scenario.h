// A scenario: SQL that an application runs, with directives where SQL is not enough. Text in, data out; no
// SQLite here.
//
//   --- scenario replace_evicts: one sentence that says what must hold
//   --- limit trigger before: why this check can't hold in this capture mode; if it does, that is a failure
//   CREATE TABLE t(...);         the base: exists before capture is switched on
//   --- run
//   INSERT ...;                  what is captured
//   --- connection 2             a directive, see below
//
// A statement ends where sqlite3_complete() says so; a directive is one line. In SQL "{path}" is the
// database.
//
// Options (--- option X):
//   journal=delete   not WAL
//   load=late        connection 1 loads by "--- load"
//   enable=no        capture stays off
//   aux              a second file, {path}.aux, is checked as well
//   view=differs, data=differs, replay=none     leave that check out
// Directives of an application:
//   connection N [plain] | close [N] | close_busy | load | config NAME 0|1 | full | room | quiet SQL
//   prepare NAME SQL | step NAME | step_once NAME | finalize NAME | finalize_all
//   hook update|commit|commit_refuse|commit_none|rollback|wal|preupdate|authorizer|authorizer_lax
//   session start TABLE|* | session end | blob_write TABLE COLUMN ROWID OFFSET HEX
// Directives that only the run with the extension obeys:
//   extension SQL | expect TEXT (in the last error) | expect_error | expect_rows N SQL
//   expect_value VALUE SQL | status TEXT | transactions N (in the log)
// Checks that a limit may name: view, data, replay, before, schema, integrity, disable, extension.
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
