// What a statement has to say besides its result: SHOW WARNINGS, and the error that a function has ended it
// with. Bounded as MySQL's max_error_count. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/functions/session.h"
#include "agent/mysql/errors.h"

namespace murmel::session {

// SQLSTATE of an error's number; "HY000" where there is no better.
const char* sqlstate_of(std::uint16_t number);

struct Diagnostic {
  functions::Level level = functions::Level::kWarning;
  std::uint16_t number = 0;
  std::string message;
};
const char* level_name(functions::Level level);

class Diagnostics {
 public:
  void clear();
  void add(functions::Level level, std::uint16_t number, std::string message);
  // The error that ended the statement from within, once.
  std::optional<mysql::ClientError> take_error();
  const std::vector<Diagnostic>& kept() const { return kept_; }
  std::uint16_t count() const { return count_; }

 private:
  std::vector<Diagnostic> kept_;
  std::uint16_t count_ = 0;
  bool has_error_ = false;  // the last of kept_ is an error that nobody has taken
};

}  // namespace murmel::session
