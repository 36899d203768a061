#include "agent/service/member_changes.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "agent/service/node.h"

namespace murmel::service {
namespace {

using core::EpochChangeKind;
using core::EpochOutcome;

constexpr Duration kTimeout = seconds(15);
constexpr Duration kDrainCheckInterval = milliseconds(20);

Error error_of(const core::EpochEffects::Reply& reply) {
  switch (reply.outcome) {
    case EpochOutcome::kDone: break;
    case EpochOutcome::kRefused: return {ErrorCode::kRefused, reply.text};
    case EpochOutcome::kUnavailable: return {ErrorCode::kUnavailable, reply.text};
    case EpochOutcome::kUnknown:
      return {ErrorCode::kTimeout, "not decided yet, it may still happen: " + reply.text};
  }
  return {ErrorCode::kInternal, reply.text};
}

}  // namespace

MemberChanges::MemberChanges(io::Loop& loop, Node& node)
    : loop_(loop), node_(node), timer_(loop, [this] { look_at_draining(); }) {}

void MemberChanges::propose(const core::EpochChange& change, const Reply& reply) {
  node_.epochs().propose(change, kTimeout, [reply](const core::EpochEffects::Reply& answer) {
    if (answer.outcome != EpochOutcome::kDone) return reply(error_of(answer));
    reply(answer.number);
  });
}

void MemberChanges::add(NodeId node, core::EpochRole role, const Reply& reply) {
  for (const core::EpochMember& member : node_.epochs().status().members) {
    const bool has_data = member.node == node && member.role != core::EpochRole::kWitness;
    if (!has_data || role != core::EpochRole::kWitness) continue;
    return reply(Error{ErrorCode::kRefused,
                       fmt::format("node {} has databases, a witness has none: remove it, and begin with an "
                                   "empty data directory, another id and cluster.role = \"witness\"",
                                   node)});
  }
  for (const core::Member& member : node_.membership().members()) {
    if (member.id == node) return propose({EpochChangeKind::kAdd, member.uuid, node, role}, reply);
  }
  reply(Error{ErrorCode::kNotFound,
              fmt::format("node {} is not known here; start its agent, with seeds, first", node)});
}

// Where no set of voters was ever made, the links are all that there is to be taken out of.
void MemberChanges::remove(NodeId node, const Reply& reply) {
  if (node == node_.id()) {
    return reply(
        Error{ErrorCode::kRefused, "a node does not remove itself; ask another one, or use murmel leave"});
  }
  const auto known = node_.membership().members();
  const auto epoch = node_.epochs().status();
  const auto is_it = [node](const auto& member) { return member.node == node; };
  const bool linked =
      std::any_of(known.begin(), known.end(), [node](const auto& member) { return member.id == node; });
  const bool member = std::any_of(epoch.members.begin(), epoch.members.end(), is_it) ||
                      std::any_of(epoch.past.begin(), epoch.past.end(), is_it);
  if (!linked && !member) return reply(Error{ErrorCode::kNotFound, fmt::format("there is no node {}", node)});
  if (member) return propose({EpochChangeKind::kRemove, {}, node, {}}, reply);
  node_.membership().step(core::member_input::Remove{node});
  reply(epoch.number);
}

void MemberChanges::allow(NodeId node, const Reply& reply) {
  propose({EpochChangeKind::kAllow, {}, node, {}}, reply);
}

void MemberChanges::leave(bool drain, const Reply& reply) {
  if (!drain) return leave_now(reply);
  draining_.push_back({loop_.now() + milliseconds(node_.settings().cluster.shutdown_grace_ms), reply});
  look_at_draining();
}

void MemberChanges::look_at_draining() {
  const bool flushed = node_.replicas().flushed() && node_.links().flushed();
  std::list<Draining> over;
  for (auto it = draining_.begin(); it != draining_.end();) {
    const auto next = std::next(it);
    if (flushed || loop_.now() >= it->until) over.splice(over.end(), draining_, it);
    it = next;
  }
  for (const Draining& one : over) {
    if (flushed) {
      leave_now(one.reply);
    } else {
      one.reply(Error{ErrorCode::kTimeout, "changes made here are not on the other nodes' disks yet"});
    }
  }
  if (!draining_.empty()) timer_.start(kDrainCheckInterval);
}

void MemberChanges::leave_now(const Reply& reply) {
  const core::EpochStatus status = node_.epochs().status();
  if (!status.member) return reply(status.number);
  propose({EpochChangeKind::kLeave, node_.data_dir().uuid(), node_.id(), {}}, reply);
}

}  // namespace murmel::service
