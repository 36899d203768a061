#include "tests/sim/commit_history.h"

#include <algorithm>
#include <functional>
#include <set>

#include "agent/core/vectors.h"

namespace murmel::sim {
namespace {

using core::CommitOutcome;

struct Graph {
  std::vector<std::vector<std::size_t>> after;            // write-write and write-read
  std::vector<std::pair<std::size_t, std::size_t>> anti;  // read-write
};

std::string name(const QuorumTransaction& t) {
  return "the transaction " + position_name(t.slot) + " of node " + std::to_string(t.node);
}

// Writers and successors of the values of the keys.
struct Chains {
  std::map<std::pair<Key, Value>, std::size_t> writer;
  std::map<std::pair<Key, Value>, std::size_t> overwriter;
  std::map<std::pair<Key, Value>, std::size_t> intermediate;  // overwritten by who wrote it
};

bool in_chain(Key key) {
  return is_quorum_key(key) && key < kNameKeys;
}

std::string link(const std::vector<QuorumTransaction>& all, const std::vector<std::size_t>& committed,
                 Chains& chains) {
  for (const std::size_t i : committed) {
    std::map<Key, Value> last;
    for (const Op& op : all[i].ops) {
      if (!in_chain(op.key)) continue;
      const auto [before, first] = last.try_emplace(op.key, op.value);
      if (first) continue;
      chains.intermediate[{op.key, before->second}] = i;
      before->second = op.value;
    }
    for (const auto& [key, value] : last) {
      chains.writer[{key, value}] = i;
      const auto read = all[i].reads.find(key);
      if (read == all[i].reads.end()) continue;
      const auto [other, added] = chains.overwriter.try_emplace({key, read->second}, i);
      if (!added) {
        return "lost update: " + name(all[i]) + " and " + name(all[other->second]) +
               " both overwrote value " + std::to_string(read->second) + " of key " + std::to_string(key);
      }
    }
  }
  return "";
}

std::string build(const std::vector<QuorumTransaction>& all, const std::vector<std::size_t>& committed,
                  const Chains& chains, Graph& graph) {
  graph.after.resize(all.size());
  for (const std::size_t i : committed) {
    for (const auto& [key, value] : all[i].reads) {
      if (!in_chain(key)) continue;
      if (value != 0) {
        const auto writer = chains.writer.find({key, value});
        if (writer == chains.writer.end()) {
          const bool intermediate = chains.intermediate.contains({key, value});
          return (intermediate ? "intermediate read: " : "aborted read: ") + name(all[i]) + " read value " +
                 std::to_string(value) + " of key " + std::to_string(key) + ", which " +
                 (intermediate ? "its transaction overwrote" : "was not committed");
        }
        if (writer->second != i) graph.after[writer->second].push_back(i);
      }
      const auto next = chains.overwriter.find({key, value});
      if (next != chains.overwriter.end() && next->second != i) graph.anti.emplace_back(i, next->second);
    }
  }
  return "";
}

// Order of the transactions in which all edges of `after` go forward; empty if there is a cycle.
std::vector<std::size_t> order_of(const Graph& graph) {
  std::vector<std::size_t> incoming(graph.after.size());
  for (const auto& edges : graph.after) {
    for (const std::size_t to : edges) ++incoming[to];
  }
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < incoming.size(); ++i) {
    if (incoming[i] == 0) ready.push_back(i);
  }
  std::vector<std::size_t> place(graph.after.size());
  std::size_t next = 0;
  while (next < ready.size()) {
    const std::size_t i = ready[next];
    place[i] = next++;
    for (const std::size_t to : graph.after[i]) {
      if (--incoming[to] == 0) ready.push_back(to);
    }
  }
  return next == graph.after.size() ? place : std::vector<std::size_t>{};
}

// A cycle with exactly one read-write edge: a transaction saw some of another's effects and missed others.
std::string find_skew(const std::vector<QuorumTransaction>& all, const Graph& graph) {
  const std::vector<std::size_t> place = order_of(graph);
  if (place.empty() && !graph.after.empty()) return "circular information flow among transactions";
  std::vector<std::size_t> visited(graph.after.size(), SIZE_MAX);
  std::vector<std::size_t> stack;
  for (std::size_t e = 0; e < graph.anti.size(); ++e) {
    const auto [reader, writer] = graph.anti[e];
    if (place[writer] > place[reader]) continue;
    stack = {writer};
    while (!stack.empty()) {
      const std::size_t i = stack.back();
      stack.pop_back();
      if (i == reader)
        return "read skew: " + name(all[reader]) + " missed a write of " + name(all[writer]) +
               " but saw what came after it";
      if (visited[i] == e || place[i] > place[reader]) continue;
      visited[i] = e;
      for (const std::size_t to : graph.after[i]) stack.push_back(to);
    }
  }
  return "";
}

// Of a schema change and any other transaction one must have seen the other: then the rows of the one are
// made for what the other one left.
std::string check_schema_changes(const std::vector<QuorumTransaction>& all,
                                 const std::map<std::size_t, core::Position>& committed) {
  for (const auto& [i, change] : committed) {
    if (!all[i].schema_change) continue;
    for (const auto& [k, other] : committed) {
      if (i == k || all[k].read_only) continue;
      const bool ordered = core::seq_of(all[i].seen, other.origin) >= other.seq ||
                           core::seq_of(all[k].seen, change.origin) >= change.seq;
      if (!ordered)
        return "schema: neither has seen the other: the schema change " + position_name(change) + " and " +
               position_name(other);
    }
  }
  return "";
}

}  // namespace

std::size_t CommitHistory::committed() const {
  return static_cast<std::size_t>(
      std::count_if(transactions_.begin(), transactions_.end(),
                    [](const auto& t) { return !t.read_only && t.outcome == CommitOutcome::kCommitted; }));
}

// Compares what applications were told with what is there, and collects those that are in effect.
std::string CommitHistory::check_outcomes(const Oracle& oracle, const Uuid& history,
                                          const core::VersionVector& have,
                                          std::vector<std::size_t>& committed,
                                          std::map<std::size_t, core::Position>& places) const {
  const std::map<core::Position, std::vector<Op>> decided = oracle.decided(history);
  std::map<std::pair<OpKind, Value>, core::Position> slots;  // by the first row
  for (const auto& [position, ops] : decided) slots[{ops.front().kind, ops.front().value}] = position;
  for (std::size_t i = 0; i < transactions_.size(); ++i) {
    const QuorumTransaction& t = transactions_[i];
    if (t.history != history) {
      if (t.read_only || t.outcome != CommitOutcome::kCommitted) continue;
      return "lost: " + name(t) + " was acknowledged in a history that gave way";
    }
    if (t.read_only) {
      committed.push_back(i);
      continue;
    }
    const auto found = slots.find({t.ops.front().kind, t.ops.front().value});
    const bool there = found != slots.end() &&
                       core::seq_of(have, found->second.origin) >= found->second.seq &&
                       found->second.origin == decided_origin(t.node);
    if (there && decided.at(found->second) != t.ops) {
      return "atomicity: " + name(t) + " has other rows than it wrote";
    }
    const bool acknowledged = t.outcome == CommitOutcome::kCommitted;
    if (acknowledged && (!there || found->second != t.slot)) {
      return "lost: " + name(t) + " was acknowledged and is not there";
    }
    if (there && t.outcome && !acknowledged && *t.outcome != CommitOutcome::kUnknown) {
      return "undead: " + name(t) + " was refused and is there";
    }
    if (!there) continue;
    committed.push_back(i);
    places[i] = found->second;
  }
  return "";
}

std::string CommitHistory::check(const Oracle& oracle, const Uuid& history,
                                 const core::VersionVector& have) const {
  std::vector<std::size_t> committed;
  std::map<std::size_t, core::Position> places;
  std::string wrong = check_outcomes(oracle, history, have, committed, places);
  if (wrong.empty()) wrong = check_schema_changes(transactions_, places);
  if (!wrong.empty()) return wrong;
  Chains chains;
  wrong = link(transactions_, committed, chains);
  Graph graph;
  if (wrong.empty()) wrong = build(transactions_, committed, chains, graph);
  if (wrong.empty()) wrong = find_skew(transactions_, graph);
  return wrong.empty() ? check_forks(oracle, history) : wrong;
}

// All serializable reads are of one order: what the one with fewer transactions has seen, the other has, too.
std::string CommitHistory::check_forks(const Oracle& oracle, const Uuid& history) const {
  const std::map<core::Position, std::vector<Op>> decided = oracle.decided(history);
  using Seen = std::pair<std::vector<bool>, const SerialRead*>;
  std::vector<std::pair<std::size_t, Seen>> reads;
  for (const SerialRead& read : reads_) {
    if (read.history != history) continue;
    std::vector<bool> seen;
    for (const auto& [position, ops] : decided)
      seen.push_back(core::seq_of(read.seen, position.origin) >= position.seq);
    const auto count = static_cast<std::size_t>(std::count(seen.begin(), seen.end(), true));
    reads.emplace_back(count, Seen{std::move(seen), &read});
  }
  std::stable_sort(reads.begin(), reads.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 1; i < reads.size(); ++i) {
    const auto& [fewer, less] = reads[i - 1].second;
    const auto& [more, other] = reads[i].second;
    std::size_t at = 0;
    for (const auto& [position, ops] : decided) {
      if (fewer[at] && !more[at]) {
        return "long fork: node " + std::to_string(less->node) + " has seen " + position_name(position) +
               ", and node " + std::to_string(other->node) + " has not, but others that the first has not";
      }
      ++at;
    }
  }
  return "";
}

std::string CommitHistory::check_content(const Content& content) {
  std::int64_t total = 0;
  std::set<std::uint32_t> names;
  for (auto it = content.rows.lower_bound(kAccountKeys);
       it != content.rows.end() && it->first < kQuorumKeysEnd; ++it) {
    const std::uint32_t value = content_of(it->second);
    if (it->first < kNameKeys) {
      total += static_cast<std::int64_t>(value) - kNoBalance;
    } else if (it->first < kParentKeys && !names.insert(value).second) {
      return "unique: the name " + std::to_string(value) + " is there twice";
    } else if (it->first >= kChildKeys && !content.rows.contains(kParentKeys + value)) {
      return "foreign key: row " + std::to_string(it->first) + " has no parent " + std::to_string(value);
    }
  }
  return total == 0 ? "" : "bank: the accounts add up to " + std::to_string(total);
}

}  // namespace murmel::sim
