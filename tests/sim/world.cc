#include "tests/sim/world.h"

#include <cstdio>
#include <utility>

namespace murmel::sim {

Duration World::between(Duration least, Duration greatest) {
  if (greatest <= least) return least;
  return {least.ns +
          static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(greatest.ns - least.ns)))};
}

void World::after(Duration delay, std::function<void()> event) {
  events_.push({now_ + delay, next_order_++, std::move(event)});
}

bool World::run_next(Instant end) {
  if (events_.empty() || events_.top().at > end) return false;
  now_ = events_.top().at;
  const auto run = events_.top().run;
  events_.pop();
  run();
  return true;
}

void World::trace(const std::string& line) const {
  if (trace_) std::printf("%10.3f ms  %s\n", static_cast<double>(now_.ns) / 1e6, line.c_str());
}

void World::violation(const std::string& text) {
  trace("VIOLATION " + text);
  violations_.push_back(text);
}

}  // namespace murmel::sim
