#include "agent/service/row_locks.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>

namespace murmel::service {
namespace {

constexpr int kChainMax = 100;  // of sessions that wait for each other; a longer one counts as a circle
constexpr auto kLook = std::chrono::milliseconds(50);  // whether the statement was ended

constexpr std::uint8_t kChanges = 16;  // beside the modes of a holder

bool goes_with(std::uint8_t held, RowLocks::Mode wanted) {
  std::uint8_t against = RowLocks::kWrite;
  switch (wanted) {
    case RowLocks::kWrite: against |= RowLocks::kUse | RowLocks::kShare | RowLocks::kView; break;
    case RowLocks::kUse: against |= RowLocks::kShare; break;
    case RowLocks::kShare: against |= RowLocks::kUse; break;
    case RowLocks::kView: break;
  }
  return (held & against) == 0;
}

}  // namespace

core::RowKey RowLocks::table_key(std::string_view name) {
  std::string folded(name);
  std::transform(folded.begin(), folded.end(), folded.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  // No row has such a key but by chance, which costs a wait.
  return {std::hash<std::string>()(folded), 0};
}

bool RowLocks::fits(const Entry& entry, const Owner* owner, Mode mode) {
  return std::all_of(entry.holders.begin(), entry.holders.end(), [&](const Holder& holder) {
    return holder.owner == owner || goes_with(holder.modes, mode);
  });
}

void RowLocks::grant(Entry& entry, Owner* owner, const Wish& wish) {
  const auto modes = static_cast<std::uint8_t>(wish.mode | (wish.changes ? kChanges : 0));
  for (Holder& holder : entry.holders) {
    if (holder.owner != owner) continue;
    holder.modes |= modes;
    return;
  }
  entry.holders.push_back({owner, modes});
}

bool RowLocks::would_wait_for_itself(const core::RowKey& key, const Owner* self, int depth) const {
  if (depth > kChainMax) return true;
  const auto found = entries_.find(key);
  if (found == entries_.end()) return false;
  const auto leads_back = [&](const Owner* other) {
    if (other == self) return depth > 0;
    return other->waits_for_ != nullptr && would_wait_for_itself(*other->waits_for_, self, depth + 1);
  };
  return std::any_of(found->second.holders.begin(), found->second.holders.end(),
                     [&](const Holder& holder) { return leads_back(holder.owner); });
}

RowLocks::Outcome RowLocks::lock(Owner& owner, std::span<const Wish> wishes, const Patience& patience) {
  std::unique_lock lock(mutex_);
  for (const Wish& wish : wishes) {
    Entry& entry = entries_[wish.key];
    const bool has = std::any_of(entry.holders.begin(), entry.holders.end(),
                                 [&](const Holder& holder) { return holder.owner == &owner; });
    if (!has) owner.held_.push_back(wish.key);
    if (fits(entry, &owner, wish.mode) && (has || entry.line.empty())) {
      grant(entry, &owner, wish);
      continue;
    }
    Waiter waiter{&owner, wish};
    owner.waits_for_ = &wish.key;
    std::optional<Outcome> given_up;
    if (would_wait_for_itself(wish.key, &owner, 0)) given_up = Outcome::kDeadlock;
    // Who holds it in another mode goes first, or would wait for those who wait for it.
    if (!given_up) entry.line.insert(has ? entry.line.begin() : entry.line.end(), &waiter);
    while (!given_up && !waiter.granted) {
      const auto now = Clock::now();
      if (now >= patience.deadline) {
        given_up = Outcome::kTimeout;
      } else if (patience.interrupted()) {
        given_up = Outcome::kInterrupted;
      } else {
        owner.granted_.wait_until(lock, std::min(patience.deadline, now + kLook));
      }
    }
    owner.waits_for_ = nullptr;
    if (waiter.granted) continue;
    std::erase(entry.line, &waiter);
    hand_on(wish.key);
    return *given_up;
  }
  return Outcome::kGranted;
}

// Gives the lock to those who stand first in line, as far as they go with each other.
void RowLocks::hand_on(const core::RowKey& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  while (!entry.line.empty() && fits(entry, entry.line.front()->owner, entry.line.front()->wish.mode)) {
    Waiter* const first = entry.line.front();
    entry.line.erase(entry.line.begin());
    grant(entry, first->owner, first->wish);
    first->granted = true;
    first->owner->waits_for_ = nullptr;
    first->owner->granted_.notify_one();
  }
  if (entry.holders.empty() && entry.line.empty()) entries_.erase(found);
}

void RowLocks::release(Owner& owner, bool committed) {
  if (owner.held_.empty()) return;
  const std::lock_guard lock(mutex_);
  if (committed) note_commit(owner);
  for (const core::RowKey& key : owner.held_) give_back(owner, key);
  owner.held_.clear();
}

void RowLocks::release_since(Owner& owner, std::size_t mark) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = mark; i < owner.held_.size(); ++i) give_back(owner, owner.held_[i]);
  owner.held_.resize(std::min(mark, owner.held_.size()));
}

void RowLocks::give_back(const Owner& owner, const core::RowKey& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  std::erase_if(found->second.holders, [&](const Holder& holder) { return holder.owner == &owner; });
  hand_on(key);
}

bool RowLocks::is_free(const Owner& owner, const Wish& wish) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(wish.key);
  if (found == entries_.end()) return true;
  const Entry& entry = found->second;
  const bool has = std::any_of(entry.holders.begin(), entry.holders.end(),
                               [&](const Holder& holder) { return holder.owner == &owner; });
  return fits(entry, &owner, wish.mode) && (has || entry.line.empty());
}

void RowLocks::note_commit(const Owner& owner) {
  ++commits_;
  for (const core::RowKey& key : owner.held_) {
    const auto found = entries_.find(key);
    const bool writes =
        found != entries_.end() &&
        std::any_of(found->second.holders.begin(), found->second.holders.end(), [&](const Holder& holder) {
          return holder.owner == &owner && (holder.modes & kChanges) != 0;
        });
    if (writes) changed_.note(key, commits_);
  }
}

std::int64_t RowLocks::now() const {
  const std::lock_guard lock(mutex_);
  return commits_;
}

// What is forgotten counts as unchanged: whoever commits looks again.
bool RowLocks::changed_since(std::span<const Wish> wishes, std::int64_t time) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(wishes.begin(), wishes.end(), [&](const Wish& wish) {
    return wish.mode != kUse && wish.mode != kView && changed_.is_newer(wish.key, time);
  });
}

}  // namespace murmel::service
