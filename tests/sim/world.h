// World: virtual time, the order of events, randomness, the trace, and what went wrong. Everything in a
// simulation runs in one thread, one event at a time; events at the same time run in the order in which they
// were planned, so a seed always gives the same run.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "agent/base/random.h"
#include "agent/base/time.h"

namespace murmel::sim {

class World {
 public:
  World(std::uint64_t seed, bool trace) : random_(seed ^ 0x6d75726d656c), trace_(trace) {}

  Instant now() const { return now_; }
  Random& random() { return random_; }
  // Uniform between the two.
  Duration between(Duration least, Duration greatest);

  void after(Duration delay, std::function<void()> event);
  // Runs the next event; false if there is none before `end`.
  bool run_next(Instant end);

  bool tracing() const { return trace_; }
  void trace(const std::string& line) const;
  // A guarantee is broken.
  void violation(const std::string& text);
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  struct Event {
    Instant at;
    std::uint64_t order = 0;
    std::function<void()> run;
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };

  Instant now_;
  Random random_;
  bool trace_;
  std::uint64_t next_order_ = 0;
  std::priority_queue<Event, std::vector<Event>, Later> events_;
  std::vector<std::string> violations_;
};

}  // namespace murmel::sim
