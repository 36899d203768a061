// RefusalLog: which failed connections are worth a line of the log. Membership dials a node that is not there
// again and again; that it is not there yet is no trouble, that it stays away is, once. Being turned away
// (another secret, cluster, clock) always is, but not each time.
//
// Pure. Addresses are dialed ones, or numeric ones of those who came to us.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "agent/base/result.h"
#include "agent/base/time.h"

namespace murmel::service {

inline constexpr Duration kNotUpPatience = seconds(30);
inline constexpr Duration kRefusalRepeat = seconds(60);
// A failure so long after the one before is the first of a new row.
inline constexpr Duration kNotUpForgotten = seconds(120);
inline constexpr std::size_t kRefusalsKept = 1'024;

enum class RefusalNews {
  kNone,
  kNotUp,       // nobody answers there, for the first time
  kStillNotUp,  // nor did for kNotUpPatience: told once
  kRefused,     // somebody answered, and it came to nothing
};

class RefusalLog {
 public:
  RefusalNews note(Instant now, const std::string& address, const Error& why);
  // A link came of this address.
  void reached(const std::string& address) { silent_.erase(address); }

 private:
  struct Silent {
    Instant first;
    Instant last;
    bool warned = false;
  };
  std::map<std::string, Silent> silent_;         // by address
  std::map<std::string, Instant> told_refused_;  // by host and reason
};

}  // namespace murmel::service
