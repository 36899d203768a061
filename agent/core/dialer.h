// Dialer: when to try which address again. An address is due at once (or after `first_delay`), then after
// growing pauses, until it is no longer wanted; what is wanted again later starts over. Not thread safe; part
// of Membership.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/base/time.h"

namespace murmel::core {

class Dialer {
 public:
  Dialer(Duration pause_min, Duration pause_max) : pause_min_(pause_min), pause_max_(pause_max) {}

  struct Wanted {
    std::string address;
    Duration first_delay;
  };
  // Which of the wanted addresses to dial now. Call whenever something changed or due_at() has come.
  std::vector<std::string> due(Instant now, const std::vector<Wanted>& wanted);
  Instant due_at() const;

 private:
  struct Entry {
    Instant at;
    Duration pause;
  };
  Duration pause_min_;
  Duration pause_max_;
  std::map<std::string, Entry> entries_;
};

}  // namespace murmel::core
