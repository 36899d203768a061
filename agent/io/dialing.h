// Dialing: the attempts to reach addresses. An attempt resolves its name, then tries the endpoints in random
// order, one connection at a time, until one is up.
//
//   start ──► resolving ──► connecting ──up──► (over)
//                │              │ └─failed─► next endpoint, or
//                └──failed──────┴──────────► (over, reported)
//
// Invariants: at most one attempt per address; an attempt owns no connection (Links does), it only says which
// endpoint is next. Internal to agent/io; loop thread only.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/random.h"
#include "agent/base/result.h"
#include "agent/io/endpoint.h"

namespace murmel::io {

// More addresses than this are not tried at once: whoever gossips makes none.
inline constexpr std::size_t kAttemptsMax = 1024;

class DialingOwner {
 public:
  virtual ~DialingOwner() = default;
  virtual void connect(const std::string& target, const Endpoint& endpoint) = 0;
  virtual void not_reached(const std::string& target, const Error& why) = 0;
};

class Dialing {
 public:
  Dialing(Loop& loop, DialingOwner& owner, std::uint64_t seed) : loop_(loop), owner_(owner), random_(seed) {}

  bool under_way(const std::string& target) const { return attempts_.contains(target); }
  // Errors: kInvalid (no address), kFull.
  Status start(const std::string& target);
  // The connection that connect() asked for is up, or it turned out that none is needed.
  void succeeded(const std::string& target) { attempts_.erase(target); }
  // It is not: the next endpoint is tried, or the attempt is over.
  void failed(const std::string& target, const Error& why);
  void stop() { attempts_.clear(); }

 private:
  struct Attempt {
    std::optional<Lookup> lookup;
    std::vector<Endpoint> endpoints;  // still to be tried, the next one last
  };
  void resolved(const std::string& target, Result<std::vector<Endpoint>> endpoints);
  void next(const std::string& target, const Error& why);

  Loop& loop_;
  DialingOwner& owner_;
  Random random_;
  std::map<std::string, Attempt> attempts_;
};

}  // namespace murmel::io
