// RowLocks: rows and tables of one database that sessions of this node are changing, so that the others wait
// for them as in MySQL instead of being refused at their commit.
//
//   mode    of what                                          goes with
//   kWrite  a row or a whole table                           nothing
//   kShare  a row or a whole table, by FOR SHARE             kShare, kView
//   kUse    a table of which rows are locked by kWrite       kUse, kView
//   kView   a table of which rows are locked by kShare       kUse, kShare, kView
//
// Who only reads (FOR UPDATE, FOR SHARE) locks in the same modes without `changes`.
// A session holds what it has until its transaction ends. Who has to wait stands in a line; who would wait
// for itself is told so (kDeadlock). Also knows which keys were committed lately, so that a statement finds
// out before the client sees its result that its snapshot is too old for them. Locks only make conflicts
// rarer: whether a transaction may be committed is decided when it is (store/applier.h). Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/core/versions.h"
#include "agent/store/recent_writes.h"

namespace murmel::service {

class RowLocks {
 public:
  using Clock = std::chrono::steady_clock;
  enum Mode : std::uint8_t { kWrite = 1, kUse = 2, kShare = 4, kView = 8 };
  struct Wish {
    core::RowKey key;
    Mode mode = kWrite;
    bool changes = false;  // rows are written, of a table some
  };
  enum class Outcome { kGranted, kTimeout, kDeadlock, kInterrupted };
  // Whoever locks; one thread's. Must have released everything before it goes.
  class Owner {
   private:
    friend class RowLocks;
    std::vector<core::RowKey> held_;           // in the order in which they were asked for
    const core::RowKey* waits_for_ = nullptr;  // guarded by RowLocks::mutex_
    std::condition_variable granted_;
  };
  struct Patience {
    Clock::time_point deadline;  // in the past: no waiting
    std::function<bool()> interrupted;
  };

  // What is held already is granted at once. After another outcome than kGranted a part may be held.
  Outcome lock(Owner& owner, std::span<const Wish> wishes, const Patience& patience);
  // `committed`: what was held to be changed has changed.
  void release(Owner& owner, bool committed);
  // What is held besides later: gives back what was first asked for since mark() was asked.
  static std::size_t mark(const Owner& owner) { return owner.held_.size(); }
  void release_since(Owner& owner, std::size_t mark);
  // Whether it would be granted at once.
  bool is_free(const Owner& owner, const Wish& wish) const;

  // How many transactions were committed with locks by now: to be asked before a snapshot is taken.
  std::int64_t now() const;
  // Whether a transaction that is not in a snapshot of that time may have changed one of these.
  bool changed_since(std::span<const Wish> wishes, std::int64_t time) const;

  // The key that stands for a table.
  static core::RowKey table_key(std::string_view name);

 private:
  static constexpr std::size_t kChangedMax = 100'000;

  struct Holder {
    Owner* owner;
    std::uint8_t modes;
  };
  struct Waiter {
    Owner* owner;
    Wish wish;
    bool granted = false;
  };
  struct Entry {
    std::vector<Holder> holders;
    std::vector<Waiter*> line;  // short, and mostly empty
  };

  static bool fits(const Entry& entry, const Owner* owner, Mode mode);
  static void grant(Entry& entry, Owner* owner, const Wish& wish);
  void give_back(const Owner& owner, const core::RowKey& key);
  bool would_wait_for_itself(const core::RowKey& key, const Owner* self, int depth) const;
  void hand_on(const core::RowKey& key);
  void note_commit(const Owner& owner);

  mutable std::mutex mutex_;
  std::unordered_map<core::RowKey, Entry, core::RowKeyHash> entries_;  // guarded by mutex_
  std::int64_t commits_ = 0;                                           // guarded by mutex_
  store::RecentWrites changed_{kChangedMax};                           // guarded by mutex_; by commits_
};

}  // namespace murmel::service
