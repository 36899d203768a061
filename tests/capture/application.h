// Plays an application: runs a scenario's steps on one database file and writes down all that it can see.
//
// Invariant: the transcript of a run with the extension must equal that of a run without it. What only the
// run with the extension can check (status, number of log records, expected messages) goes to `failures`,
// never into the transcript.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/capture/db.h"
#include "tests/capture/scenario.h"

namespace murmel::capture_test {

struct Connection {
  std::map<std::string, Statement> statements;  // directive "prepare"
  void* session = nullptr;                      // sqlite3_session*
  std::vector<std::string>* transcript = nullptr;
  Database db;
  bool authorizer = false;  // the application denies what it does not know
};

class Application {
 public:
  // `extension` empty: the run without it. Loads it into each connection unless `load_late`.
  Application(std::string path, std::string extension, bool load_late);
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  void run(const std::vector<Step>& steps);
  // Closes all connections; a close that SQLite refuses is part of the transcript.
  void close_all();

  const std::vector<std::string>& transcript() const { return transcript_; }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  using Words = std::vector<std::string>;

  void directive(const Step& step);
  bool extension_directive(const std::string& word, const std::string& rest);
  bool statement_directive(const Words& words, const std::string& text);
  bool hook_directive(const Words& words);
  std::string with_path(std::string text) const;
  void sql(const std::string& written);
  int step_to_end(sqlite3_stmt* statement);
  void outcome(int rc, bool writes);
  void blob_write(const Words& words);
  void configure(const Words& words);
  void session(const Words& words);
  void finalize_all();
  void limit_file(bool full);
  void close(int number);
  void load(Connection& connection);
  Connection& open(int number, bool with_extension);
  Connection& current() { return *connections_.at(current_); }
  sqlite3* db() { return current().db.get(); }
  void note(const std::string& line) { transcript_.push_back(line); }
  void fail(const std::string& what);

  std::string path_;
  std::string extension_;
  bool load_late_;
  std::map<int, std::unique_ptr<Connection>> connections_;
  int current_ = 0;
  int line_ = 0;
  std::string last_error_;
  std::vector<std::string> transcript_;
  std::vector<std::string> failures_;
};

}  // namespace murmel::capture_test
