// Ways to capture what an application writes, to be compared: each prepares a database and a connection, and
// may have to do something around every transaction. Files are made anew for each measurement. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/capture/db.h"

namespace murmel::bench {

class Way {
 public:
  virtual ~Way() = default;
  // Switches capture on for a database that has its table and base rows; returns the connection the
  // application writes with.
  virtual capture_test::Database open(const std::string& path) = 0;
  // Around each transaction of the application.
  virtual void begin(sqlite3* db) = 0;
  virtual void commit(sqlite3* db) = 0;
  // Whether a single statement may be left to commit by itself.
  virtual bool commits_by_itself() const { return true; }
  // Before the connection is closed.
  virtual void close() {}
};

struct NamedWay {
  std::string name;
  std::unique_ptr<Way> way;
};

// The first one is plain SQLite. `extension`: path of murmel.so.
std::vector<NamedWay> all_ways(const std::string& extension);

// WAL, synchronous NORMAL.
capture_test::Database open_plain(const std::string& path);

}  // namespace murmel::bench
