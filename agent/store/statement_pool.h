// Prepared statements of one connection that wait to be run again, by their text. The one given back longest
// ago goes when there are too many. Ends before its connection; one thread.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace murmel::store {

class StatementPool {
 public:
  static constexpr std::size_t kMost = 128;

  StatementPool() = default;
  ~StatementPool() { clear(); }
  StatementPool(const StatementPool&) = delete;
  StatementPool& operator=(const StatementPool&) = delete;

  // Reset, with nothing bound. Null: there is none of this text.
  sqlite3_stmt* take(std::string_view sql);
  void give_back(sqlite3_stmt* statement) noexcept;
  // As take(), else prepared. Returns SQLite's code.
  int take_or_prepare(sqlite3* connection, std::string_view sql, sqlite3_stmt** statement);
  // Runs a statement to its end, prepared once. Returns SQLite's code, SQLITE_OK at the end.
  int run(sqlite3* connection, std::string_view sql);
  void clear() noexcept;

 private:
  struct Idle {
    sqlite3_stmt* statement;
    std::string_view sql;  // the statement's own
  };
  using Order = std::list<Idle>;  // the one given back last is the first
  using ByText = std::unordered_multimap<std::string_view, Order::iterator>;
  static constexpr std::size_t kSpareMost = 16;

  void forget(Order::iterator idle) noexcept;

  Order idle_;
  ByText by_text_;
  // Places of those taken, for those given back: a statement that comes and goes takes no memory. As many of
  // each.
  Order spare_;
  std::vector<ByText::node_type> spare_names_;
};

}  // namespace murmel::store
