#include "agent/core/inbox.h"

#include <algorithm>
#include <utility>

#include "agent/base/check.h"

namespace murmel::core {
namespace {

constexpr std::int64_t kPositionBytes = 16;
constexpr std::int64_t kHeaderBytes = 64;
constexpr std::int64_t kWorthAskingBytes = 256;  // less room than that: not worth a pull
constexpr std::size_t kOriginsMax = 4096;
// One origin (say, with a clock far ahead) must not take the room of all.
constexpr std::int64_t kShareOfOrigin = 4;

}  // namespace

std::int64_t size_in_bytes(const ChangeSet& change) {
  return kHeaderBytes + kPositionBytes * static_cast<std::int64_t>(change.depends.size()) +
         static_cast<std::int64_t>(change.rows.size());
}

void Inbox::clear() {
  queues_.clear();
  bytes_ = 0;
}

void Inbox::rebase(const VersionVector& have) {
  for (const auto& [origin, seq] : have) queues_[origin];
  for (auto& [origin, queue] : queues_) {
    const Seq seq = seq_of(have, origin);
    const bool lost = seq < queue.handed;
    while (!queue.items.empty() && (lost || queue.items.front().seq <= seq)) pop_front(queue);
    queue.handed = seq;
    if (queue.items.empty()) queue.whole_to = seq;
  }
}

void Inbox::note_own(NodeId self, Seq seq) {
  Queue& queue = queues_[self];
  queue.handed = queue.whole_to = std::max(queue.handed, seq);
}

Inbox::Taken Inbox::take(ChangeSet change) {
  if (queues_.size() >= kOriginsMax && !queues_.contains(change.origin)) return Taken::kFull;
  Queue& queue = queues_[change.origin];
  const Seq expected = queue.handed + static_cast<Seq>(queue.items.size()) + 1;
  if (change.seq < expected) return Taken::kOld;
  if (change.seq > expected) {
    if (limits_.mutation != Mutation::kAcceptGap || !queue.items.empty()) return Taken::kGap;
    queue.handed = change.seq - 1;
  }
  const std::int64_t size = size_in_bytes(change);
  const bool begins_later = queue.whole_to > queue.handed;
  if (!begins_later && queue.bytes + size > limits_.transaction_bytes) return Taken::kTooLarge;
  if (begins_later && full(queue, size)) return Taken::kFull;
  if (!change.more || limits_.mutation == Mutation::kSplitTransaction) queue.whole_to = change.seq;
  queue.bytes += size;
  bytes_ += size;
  queue.items.push_back(std::move(change));
  return Taken::kNew;
}

Seq Inbox::handed(NodeId origin) const {
  const auto found = queues_.find(origin);
  return found == queues_.end() ? 0 : found->second.handed;
}

Seq Inbox::received(NodeId origin) const {
  const auto found = queues_.find(origin);
  return found == queues_.end() ? 0 : found->second.handed + static_cast<Seq>(found->second.items.size());
}

bool Inbox::full(const Queue& queue, std::int64_t more_bytes) const {
  return bytes_ + more_bytes > limits_.hold_back_bytes ||
         queue.bytes + more_bytes > limits_.hold_back_bytes / kShareOfOrigin;
}

bool Inbox::room_for(NodeId origin) const {
  const auto found = queues_.find(origin);
  return found == queues_.end() || found->second.whole_to <= found->second.handed ||
         !full(found->second, kWorthAskingBytes);
}

std::vector<Position> Inbox::missing(const ChangeSet& change) const {
  std::vector<Position> missing;
  for (const Position& position : change.depends) {
    if (handed(position.origin) < position.seq) missing.push_back(position);
  }
  return missing;
}

bool Inbox::satisfied(const ChangeSet& change, bool forgiving) const {
  if (limits_.mutation == Mutation::kIgnoreDepends) return true;
  return std::all_of(change.depends.begin(), change.depends.end(), [&](const Position& position) {
    if (forgiving && !is_decided_origin(position.origin)) return true;
    return handed(position.origin) >= position.seq;
  });
}

// All parts of the first transaction are here and nothing they depend on is missing.
bool Inbox::transaction_ready(const Queue& queue, bool forgiving) const {
  if (queue.whole_to <= queue.handed) return false;
  for (const ChangeSet& part : queue.items) {
    if (!satisfied(part, forgiving)) return false;
    if (!part.more) break;
  }
  return true;
}

void Inbox::pop_front(Queue& queue) {
  const std::int64_t size = size_in_bytes(queue.items.front());
  queue.bytes -= size;
  bytes_ -= size;
  queue.items.pop_front();
}

std::int64_t Inbox::move_transaction(Queue& queue, Batch& batch) {
  std::int64_t moved = 0;
  bool more = true;
  while (more && !queue.items.empty()) {
    ChangeSet& part = queue.items.front();
    more = part.more;
    const std::int64_t size = size_in_bytes(part);
    moved += size;
    queue.bytes -= size;
    bytes_ -= size;
    queue.handed = part.seq;
    batch.changes.push_back(std::move(part));
    queue.items.pop_front();
  }
  return moved;
}

Inbox::Batch Inbox::next_batch(WallMs wall_ms, const std::function<bool(NodeId)>& blocked,
                               const std::set<NodeId>& forgiven) {
  Batch batch;
  std::int64_t room = limits_.apply_bytes;
  std::vector<NodeId> order;
  for (const auto& [origin, queue] : queues_) {
    if (queue.items.empty() || queue.whole_to <= queue.handed || blocked(origin)) continue;
    const Hlc stamp = queue.items.front().hlc;
    if (too_far_ahead(stamp, wall_ms, limits_.max_clock_offset)) {
      if (batch.clock_waiting == 0 || stamp < batch.clock_wanted) batch.clock_wanted = stamp;
      ++batch.clock_waiting;
      continue;
    }
    order.push_back(origin);
  }
  if (order.empty()) return batch;
  std::size_t start = 0;
  while (start < order.size() && order[start] <= served_last_) ++start;
  // One origin's change set may make another's ready: go round until nothing moves.
  for (bool progress = true; progress && room > 0;) {
    progress = false;
    for (std::size_t i = 0; i < order.size() && room > 0; ++i) {
      const NodeId origin = order[(start + i) % order.size()];
      Queue& queue = queues_[origin];
      while (room > 0 && transaction_ready(queue, forgiven.contains(origin)) &&
             !too_far_ahead(queue.items.front().hlc, wall_ms, limits_.max_clock_offset)) {
        room -= move_transaction(queue, batch);
        served_last_ = origin;
        progress = true;
      }
    }
  }
  for (const NodeId origin : order) {
    const Queue& queue = queues_[origin];
    if (!is_decided_origin(origin) || queue.items.empty() || !satisfied(queue.items.front(), true)) continue;
    std::vector<Position> lacks = missing(queue.items.front());
    if (!lacks.empty()) batch.waiting.push_back({origin, std::move(lacks)});
  }
  return batch;
}

}  // namespace murmel::core
