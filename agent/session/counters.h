// Counters: what SHOW STATUS counts, of one session or of all since the server has begun. Those that nothing
// is counted in here (Handler_read_next, ...) stay 0, as clients look for them. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/sql/translator.h"

namespace murmel::session {

class Counters {
 public:
  static constexpr std::size_t kCountersMax = 192;

  // One of them, found once by who counts often.
  struct Place {
    std::size_t index = kCountersMax;  // this one is not counted
  };
  // Under MySQL's name; one that is not known is not counted.
  static Place place(std::string_view name);

  void add(Place place, std::uint64_t count = 1) {
    if (place.index < kCountersMax) values_[place.index].fetch_add(count, std::memory_order_relaxed);
  }
  void add(std::string_view name, std::uint64_t count = 1) { add(place(name), count); }
  std::vector<std::pair<std::string, std::string>> all() const;
  // FLUSH STATUS.
  void reset();

 private:
  std::array<std::atomic<std::uint64_t>, kCountersMax> values_{};
};

// "Com_select".
Counters::Place command_counter(const sql::Statement& statement);

}  // namespace murmel::session
