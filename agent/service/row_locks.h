// RowLocks: rows and tables of one database that sessions of this node are changing, so that the others wait
// for them as in MySQL instead of being refused at their commit.
//
//   mode    of what                     goes with
//   kWrite  a row                       nothing
//   kUse    a table, by who writes      kUse
//   kShare  a table, by FOR SHARE       kShare
//   kWrite  a table, by FOR UPDATE      nothing
//
// A session holds what it has until its transaction ends. Who has to wait stands in a line; who would wait
// for itself is told so (kDeadlock). Also knows which keys were committed lately, so that a statement finds
// out before the client sees its result that its snapshot is too old for them. Locks only make conflicts
// rarer: whether a transaction may be committed is decided when it is (store/applier.h). Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/core/versions.h"

namespace murmel::service {

class RowLocks {
 public:
  using Clock = std::chrono::steady_clock;
  enum Mode : std::uint8_t { kWrite = 1, kUse = 2, kShare = 4 };
  struct Wish {
    core::RowKey key;
    Mode mode = kWrite;
  };
  enum class Outcome { kGranted, kTimeout, kDeadlock, kInterrupted };
  // Whoever locks; one thread's. Must have released everything before it goes.
  class Owner {
   private:
    friend class RowLocks;
    std::vector<core::RowKey> held_;
    const core::RowKey* waits_for_ = nullptr;  // guarded by RowLocks::mutex_
    std::condition_variable granted_;
  };
  struct Patience {
    Clock::time_point deadline;  // in the past: no waiting
    std::function<bool()> interrupted;
  };

  // What is held already is granted at once. After another outcome than kGranted a part may be held.
  Outcome lock(Owner& owner, std::span<const Wish> wishes, const Patience& patience);
  // `committed`: what was held for writing has changed.
  void release(Owner& owner, bool committed);

  // How many transactions were committed with locks by now: to be asked before a snapshot is taken.
  std::uint64_t now() const;
  // Whether a transaction that is not in a snapshot of that time may have changed one of these.
  bool changed_since(std::span<const Wish> wishes, std::uint64_t time) const;

  // The key that stands for a table.
  static core::RowKey table_key(std::string_view name);

 private:
  struct Holder {
    Owner* owner;
    std::uint8_t modes;
  };
  struct Waiter {
    Owner* owner;
    Mode mode;
    bool granted = false;
  };
  struct Entry {
    std::vector<Holder> holders;
    std::deque<Waiter*> line;
  };

  static bool fits(const Entry& entry, const Owner* owner, Mode mode);
  static void grant(Entry& entry, Owner* owner, Mode mode);
  bool would_wait_for_itself(const core::RowKey& key, const Owner* self, int depth) const;
  void hand_on(const core::RowKey& key);
  void note_commit(const Owner& owner);

  mutable std::mutex mutex_;
  std::unordered_map<core::RowKey, Entry, core::RowKeyHash> entries_;          // guarded by mutex_
  std::uint64_t commits_ = 0;                                                  // guarded by mutex_
  std::unordered_map<core::RowKey, std::uint64_t, core::RowKeyHash> changed_;  // guarded by mutex_
  std::deque<std::pair<core::RowKey, std::uint64_t>> order_;  // guarded by mutex_; of changed_
};

}  // namespace murmel::service
