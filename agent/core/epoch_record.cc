#include "agent/core/epoch_record.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/core/vectors.h"

namespace murmel::core {
namespace {

constexpr std::uint16_t kNumberMax = 1'023;

ChangeResult refused(std::string text) {
  return {ChangeVerdict::kRefused, {}, std::move(text)};
}
ChangeResult satisfied() {
  return {ChangeVerdict::kSatisfied, {}, {}};
}

std::string name(NodeId node) {
  return "node " + std::to_string(node);
}

// By uuid, or by node id if the uuid is nil.
template <typename Entry>
auto lookup(std::vector<Entry>& entries, const Uuid& uuid, NodeId node) {
  return std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
    return uuid.is_nil() ? entry.node == node : entry.uuid == uuid;
  });
}

template <typename Entry>
void insert(std::vector<Entry>& entries, Entry entry) {
  const auto at = std::lower_bound(entries.begin(), entries.end(), entry,
                                   [](const Entry& a, const Entry& b) { return a.node < b.node; });
  entries.insert(at, std::move(entry));
}

std::uint16_t free_number(const EpochRecord& record) {
  std::set<std::uint16_t> used;
  for (const EpochMember& member : record.members) used.insert(member.number);
  for (const EpochPast& past : record.past) used.insert(past.number);
  for (std::uint16_t number = 1; number <= kNumberMax; ++number) {
    if (!used.contains(number)) return number;
  }
  return 0;
}

bool is_voter(const EpochMember& member) {
  return member.role != EpochRole::kReplica;
}

ChangeResult changed(EpochRecord record) {
  return {ChangeVerdict::kChanged, std::move(record), {}};
}

ChangeResult add(EpochRecord record, const EpochChange& change, const EpochLimits& limits) {
  if (change.uuid.is_nil() || change.node == 0 || change.node > kNodeIdMax)
    return refused("no node is named");
  const auto voters =
      static_cast<std::size_t>(std::count_if(record.members.begin(), record.members.end(), is_voter));
  const bool full = change.role != EpochRole::kReplica && voters >= limits.voters_max;
  if (const auto found = lookup(record.members, change.uuid, 0); found != record.members.end()) {
    if (found->node != change.node) {
      return refused("this data directory is a member as " + name(found->node) +
                     "; a node keeps its id for ever");
    }
    const bool stays = full && found->role == EpochRole::kReplica;
    if (found->role == change.role || stays) return satisfied();
    found->role = change.role;
    return changed(std::move(record));
  }
  if (lookup(record.members, {}, change.node) != record.members.end()) {
    return refused(name(change.node) +
                   " is a member already, with another data directory; choose another id");
  }
  EpochMember member{change.uuid, change.node, 0, full ? EpochRole::kReplica : change.role};
  const auto past = lookup(record.past, change.uuid, 0);
  const auto same_id = lookup(record.past, {}, change.node);
  if (past != record.past.end()) {
    if (past->banned)
      return refused(name(change.node) + " was removed; `murmel members allow` lets it come back");
    if (past->node != change.node) {
      return refused("this data directory was " + name(past->node) + "; a node keeps its id for ever");
    }
    member.number = past->number;
    record.past.erase(past);
  } else if (same_id != record.past.end()) {
    return refused("the id of " + name(change.node) +
                   " was used by another data directory and can't be used again; choose another one");
  } else {
    member.number = free_number(record);
  }
  if (member.number == 0 || record.members.size() >= limits.members_max) {
    return refused("the cluster has as many members as it can have");
  }
  insert(record.members, member);
  return changed(std::move(record));
}

ChangeResult take_out(EpochRecord record, const EpochChange& change) {
  const bool ban = change.kind == EpochChangeKind::kRemove;
  if (const auto found = lookup(record.members, change.uuid, change.node); found != record.members.end()) {
    const EpochMember member = *found;
    record.members.erase(found);
    insert(record.past, EpochPast{member.uuid, member.node, member.number, ban});
    return changed(std::move(record));
  }
  const auto past = lookup(record.past, change.uuid, change.node);
  if (past == record.past.end()) return ban ? refused(name(change.node) + " is not a member") : satisfied();
  if (past->banned || !ban) return satisfied();
  past->banned = true;
  return changed(std::move(record));
}

ChangeResult allow(EpochRecord record, const EpochChange& change) {
  const auto past = lookup(record.past, change.uuid, change.node);
  if (past == record.past.end()) return refused(name(change.node) + " was not removed");
  if (!past->banned) return satisfied();
  past->banned = false;
  return changed(std::move(record));
}

ChangeResult apply_change(EpochRecord record, const EpochChange& change, const EpochLimits& limits) {
  switch (change.kind) {
    case EpochChangeKind::kNothing: return changed(std::move(record));
    case EpochChangeKind::kAdd: return add(std::move(record), change, limits);
    case EpochChangeKind::kLeave:
    case EpochChangeKind::kRemove: return take_out(std::move(record), change);
    case EpochChangeKind::kAllow: return allow(std::move(record), change);
  }
  return refused("an unknown change");
}

}  // namespace

const EpochMember* member_of(const EpochRecord& record, const Uuid& uuid, NodeId node) {
  const auto found = std::find_if(record.members.begin(), record.members.end(),
                                  [&](const EpochMember& m) { return m.node == node && m.uuid == uuid; });
  return found == record.members.end() ? nullptr : &*found;
}

std::vector<NodeId> voters_of(const EpochRecord& record) {
  std::vector<NodeId> voters;
  for (const EpochMember& member : record.members) {
    if (is_voter(member)) voters.push_back(member.node);
  }
  return voters;
}

bool votes_in(const EpochRecord& record, const Uuid& uuid, NodeId node) {
  const EpochMember* member = member_of(record, uuid, node);
  return member != nullptr && is_voter(*member);
}

bool banned_in(const EpochRecord& record, const Uuid& uuid) {
  return std::any_of(record.past.begin(), record.past.end(),
                     [&](const EpochPast& past) { return past.uuid == uuid && past.banned; });
}

ChangeResult apply_changes(const EpochRecord& record, const std::vector<EpochChange>& changes,
                           const EpochLimits& limits) {
  ChangeResult all{ChangeVerdict::kSatisfied, record, {}};
  for (const EpochChange& change : changes) {
    ChangeResult next = apply_change(all.record, change, limits);
    if (next.verdict == ChangeVerdict::kRefused) return next;
    if (next.verdict == ChangeVerdict::kChanged) all = std::move(next);
  }
  const auto& members = all.record.members;
  const bool any = std::any_of(members.begin(), members.end(),
                               [](const EpochMember& member) { return member.role == EpochRole::kVoter; });
  if (!any) return refused("a cluster needs one voter that has the databases");
  if (all.verdict == ChangeVerdict::kChanged) ++all.record.number;
  return all;
}

void raise(Tips& tips, const Tips& other) {
  for (const auto& [database, vector] : other) {
    if (!vector.empty()) raise(tips[database], vector);
  }
}

}  // namespace murmel::core
