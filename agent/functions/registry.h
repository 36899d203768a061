// The table of functions and how it gets onto a connection.
//
// One row a function: name, number of arguments, flags, function, group, one line of documentation. A group's
// rows stand at the end of the file that has the functions. README.md of this folder is generated from the
// table. Thread rule: `install` on the thread of the connection; the table is constant.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "agent/base/result.h"
#include "agent/functions/call.h"

struct sqlite3;

namespace murmel::functions {

// An aggregate's state for one group; also a window, as values leave in the order in which they came.
class Aggregate {
 public:
  virtual ~Aggregate() = default;
  virtual void add(const Call& call) = 0;
  virtual void remove(const Call& call) = 0;
  virtual void result(const Call& call) = 0;
};

enum FunctionFlags : unsigned {
  kPlain = 0,
  kNullIn = 1u << 0,  // an argument that is NULL makes the result NULL; the function is not called
  kVaries = 1u << 1,  // may differ between two calls of one statement with equal arguments
};

constexpr int kAnyCount = -1;

struct Function {
  const char* name;
  int count_min, count_max;  // of arguments; kAnyCount: no upper limit
  unsigned flags;
  void (*call)(const Call&);                  // a scalar function
  std::unique_ptr<Aggregate> (*aggregate)();  // or an aggregate
  const char* group;
  const char* doc;
};

constexpr Function scalar(const char* name, int least, int most, unsigned flags, void (*call)(const Call&),
                          const char* group, const char* doc) {
  return {name, least, most, flags, call, nullptr, group, doc};
}

template <typename State>
constexpr Function aggregate(const char* name, int least, int most, const char* group, const char* doc) {
  return {name,   least,   most,
          kPlain, nullptr, []() -> std::unique_ptr<Aggregate> { return std::make_unique<State>(); },
          group,  doc};
}

// All rows, group by group.
std::span<const std::span<const Function>> all_functions();

// Registers functions and collations on a connection. `session` outlives the connection's use of them.
Status install(sqlite3* connection, Session& session);

// The page with every function and collation, as Markdown.
std::string reference_page();

}  // namespace murmel::functions
