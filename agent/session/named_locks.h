// NamedLocks: the locks of GET_LOCK(), which sessions of this node take from each other by name. Other nodes
// know nothing of them. A session may take a lock several times, and then has to release it as often; all of
// its locks go with its connection. Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "agent/functions/session.h"

namespace murmel::session {

class NamedLocks {
 public:
  using Outcome = functions::Session::LockOutcome;

  // `seconds`: to wait; negative: without end. `interrupted` is asked again and again meanwhile.
  Outcome lock(std::uint64_t owner, const std::string& name, double seconds,
               const std::function<bool()>& interrupted);
  // False: it is not the owner's.
  bool unlock(std::uint64_t owner, const std::string& name);
  // How many times it had locked anything.
  std::int64_t unlock_all(std::uint64_t owner);
  std::optional<std::uint64_t> owner(const std::string& name) const;
  // SLEEP(). False: interrupted.
  bool sleep(double seconds, const std::function<bool()>& interrupted);

 private:
  struct Held {
    std::uint64_t owner;
    std::int64_t times;
  };
  bool would_wait_for_itself(std::uint64_t owner, const std::string& name) const;

  mutable std::mutex mutex_;
  std::condition_variable released_;
  std::map<std::string, Held> held_;
  std::map<std::uint64_t, std::string> waiting_;  // what each owner waits for
};

}  // namespace murmel::session
