#include "tests/sim/oracle.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "agent/core/vectors.h"

namespace murmel::sim {
namespace {

using core::Position;
using core::Version;

// A write to one row of the keyed table, by one op.
struct RowWrite {
  Key key = 0;
  bool deletes = false;
  Value value = 0;
};

std::vector<RowWrite> row_writes(const Op& op) {
  switch (op.kind) {
    case OpKind::kPut: return {{op.key, false, op.value}};
    case OpKind::kDelete: return {{op.key, true, 0}};
    case OpKind::kMove: return {{op.key, true, 0}, {op.new_key, false, op.value}};
    case OpKind::kAppend:
    case OpKind::kTake: return {};
  }
  return {};
}

// Who wrote a row, and whether that deleted it; the last one is the writer that counts.
using Writers = std::map<std::pair<Version, Seq>, bool>;

void forget(const Event& trim, std::unordered_map<Key, Writers>& writers) {
  for (auto& [key, known] : writers) {
    std::erase_if(known, [&](const auto& entry) {
      const auto& [version, seq] = entry.first;
      return seq <= core::seq_of(trim.trimmed, version.node) && version.hlc <= trim.watermark;
    });
  }
}

}  // namespace

std::string position_name(const Position& position) {
  return std::to_string(position.origin) + ":" + std::to_string(position.seq);
}

const Oracle::History& Oracle::history(const Uuid& id) const {
  static const History kEmpty;
  const auto found = histories_.find(id);
  return found == histories_.end() ? kEmpty : found->second;
}

std::size_t Oracle::size(const Uuid& id) const {
  return history(id).size();
}

std::map<Position, std::vector<Op>> Oracle::decided(const Uuid& id) const {
  std::map<Position, std::vector<Op>> decided;
  for (const auto& [position, entry] : history(id)) {
    if (is_decided_origin(position.origin) && !entry.ops.empty()) decided[position] = entry.ops;
  }
  return decided;
}

std::string Oracle::note(const Uuid& id, const core::ChangeSet& change, const std::vector<Op>& ops) {
  History& entries = histories_[id];
  const Position position{change.origin, change.seq};
  const auto found = entries.find(position);
  if (found != entries.end()) {
    // What it depends on may be told with less detail later, when that is everywhere and trimmed.
    const core::ChangeSet& known = found->second.change;
    const bool same = known.hlc == change.hlc && known.more == change.more && known.rows == change.rows;
    return same ? "" : "identity: " + position_name(position) + " names two change sets";
  }
  const auto previous = entries.find({change.origin, change.seq - 1});
  entries[position] = {change, ops};
  if (previous != entries.end()) {
    const core::ChangeSet& before = previous->second.change;
    // The stamp of an aborted transaction orders nothing.
    const bool aborted = is_decided_origin(change.origin) && (ops.empty() || previous->second.ops.empty());
    if (aborted) return "";
    const bool grows = before.more ? change.hlc == before.hlc : change.hlc > before.hlc;
    if (!grows) return "clock: the stamp of " + position_name(position) + " is not above its predecessor's";
  }
  for (const Position& seen : change.depends) {
    if (is_decided_origin(change.origin) && core::seq_of(taken_back_[id], seen.origin) >= seen.seq) continue;
    const auto dependency = entries.find(seen);
    if (dependency != entries.end() && dependency->second.change.hlc >= change.hlc) {
      return "clock: the stamp of " + position_name(position) + " is not above that of " +
             position_name(seen) + ", which was applied before";
    }
  }
  return "";
}

void Oracle::take_back(const Uuid& id, NodeId origin, Seq from) {
  History& entries = histories_[id];
  const auto last = entries.upper_bound({origin, INT64_MAX});
  if (last != entries.begin() && std::prev(last)->first.origin == origin) {
    Seq& gone = taken_back_[id][origin];
    gone = std::max(gone, std::prev(last)->first.seq);
  }
  entries.erase(entries.lower_bound({origin, from}), entries.upper_bound({origin, INT64_MAX}));
}

Content Oracle::expected(const Uuid& id, const core::VersionVector& have) const {
  Content content;
  const auto baseline = baselines_.find(id);
  if (baseline != baselines_.end()) content = baseline->second;
  std::unordered_map<Key, std::pair<Version, RowWrite>> latest;
  std::map<std::tuple<Version, Seq, std::size_t>, Op> journal;  // in the order of versions
  for (const auto& [position, entry] : history(id)) {
    if (position.seq > core::seq_of(have, position.origin)) continue;
    const Version version{entry.change.hlc, position.origin};
    for (std::size_t i = 0; i < entry.ops.size(); ++i) {
      const Op& op = entry.ops[i];
      if (op.kind == OpKind::kAppend || op.kind == OpKind::kTake) journal[{version, position.seq, i}] = op;
      for (const RowWrite& write : row_writes(op)) {
        auto& [best, best_write] = latest[write.key];
        if (version >= best) {
          best = version;
          best_write = write;
        }
      }
    }
  }
  for (const auto& [place, op] : journal) execute(op, content);
  for (const auto& [key, winner] : latest) {
    if (winner.second.deletes) {
      content.rows.erase(key);
    } else {
      content.rows[key] = winner.second.value;
    }
  }
  return content;
}

std::string Oracle::cut_transaction(const Uuid& id, const core::VersionVector& have) const {
  for (const auto& [origin, seq] : have) {
    const auto found = history(id).find({origin, seq});
    if (found != history(id).end() && found->second.change.more) return position_name({origin, seq});
  }
  return "";
}

std::int64_t Oracle::conflicts(const Uuid& id, NodeId self, const std::vector<Event>& events) const {
  const History& entries = history(id);
  std::map<NodeId, core::VersionVector> seen;
  std::unordered_map<Key, Writers> writers;
  std::int64_t count = 0;
  for (const Event& event : events) {
    if (event.kind == Event::Kind::kSnapshot) count = 0;
    if (event.kind == Event::Kind::kTrimmed) forget(event, writers);
    const auto found = entries.find(event.position);
    if (found == entries.end()) continue;
    const core::ChangeSet& change = found->second.change;
    core::VersionVector& past = seen[change.origin];
    if (is_decided_origin(change.origin)) past.clear();  // it tells all that it saw
    for (const Position& depends : change.depends) core::raise(past, depends);
    core::raise(past, event.position);
    const bool counts = change.origin != self || event.kind == Event::Kind::kAgain;
    for (const Op& op : found->second.ops) {
      for (const RowWrite& write : row_writes(op)) {
        Writers& known = writers[write.key];
        if (counts && !known.empty()) {
          const auto& [last, deleted] = *known.rbegin();
          const bool knew = core::seq_of(past, last.first.node) >= last.second;
          const bool lost = !knew && !(deleted && write.deletes);
          if (lost) ++count;
        }
        known[{{change.hlc, change.origin}, change.seq}] = write.deletes;
      }
    }
  }
  return count;
}

std::string Oracle::missing_below(const Uuid& id, core::Hlc stamp, const core::VersionVector& have) const {
  for (const auto& [position, entry] : history(id)) {
    if (is_decided_origin(position.origin) && entry.ops.empty()) continue;  // aborted: nothing to miss
    if (entry.change.hlc <= stamp && position.seq > core::seq_of(have, position.origin))
      return position_name(position);
  }
  return "";
}

}  // namespace murmel::sim
