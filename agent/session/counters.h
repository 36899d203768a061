// Counters: what SHOW STATUS counts, of one session or of all since the server has begun. Those that nothing
// is counted in here (Handler_read_next, ...) stay 0, as clients look for them. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/sql/translator.h"

namespace murmel::session {

class Counters {
 public:
  // Under MySQL's name; one that is not known is not counted.
  void add(std::string_view name, std::uint64_t count = 1);
  std::vector<std::pair<std::string, std::string>> all() const;
  // FLUSH STATUS.
  void reset();

  static constexpr std::size_t kCountersMax = 192;

 private:
  std::array<std::atomic<std::uint64_t>, kCountersMax> values_{};
};

// "Com_select"; empty: not counted.
std::string command_counter(const sql::Statement& statement);

}  // namespace murmel::session
