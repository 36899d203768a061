// A node for store tests: a database file in a folder of its own, an application's connection with the
// extension loaded, and the agent's Database. No threads, no network: tests hand change sets over themselves.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/store/database.h"

namespace murmel::store::test {

// A folder under the system's temporary one, removed at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// An application's connection.
class App {
 public:
  // With `capture` it loads the extension, as an application would.
  explicit App(const std::string& path, bool capture = true);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Fails the test if the SQL fails.
  void run(const std::string& sql);
  // True if it succeeded.
  bool try_run(const std::string& sql);
  // All rows as text: values separated by '|', rows by newline, NULL as "NULL".
  std::string query(const std::string& sql);

 private:
  sqlite3* db_ = nullptr;
};

class TestNode {
 public:
  TestNode(const TempDir& dir, NodeId id, Options options = {});

  App& app() { return *app_; }
  Database& db() { return *db_; }
  const std::string& path() const { return path_; }
  NodeId id() const { return options_.node; }

  std::vector<core::ChangeSet> tail();
  ApplyReport apply(std::span<const core::ChangeSet> changes);
  // Closes the Database and opens it again, as a restarted agent.
  void restart();
  Seq have(NodeId origin);

 private:
  Options options_;
  std::string path_;
  std::unique_ptr<Database> db_;
  std::unique_ptr<App> app_;
};

// A fixture: two nodes that have not seen anything of each other.
struct TwoNodes {
  TempDir dir;
  TestNode one{dir, 1};
  TestNode two{dir, 2};
};

// What `from` wrote since the last time is applied by `to`.
ApplyReport replicate(TestNode& from, TestNode& to);
// Both ways until nothing new comes.
void exchange(TestNode& a, TestNode& b);
// Whether all tables are equal.
bool equal(TestNode& a, TestNode& b);

}  // namespace murmel::store::test
