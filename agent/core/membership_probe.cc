// Membership: probing, suspicion, and the messages that carry them.
#include <algorithm>
#include <utility>

#include "agent/core/membership_impl.h"

namespace murmel::core {
namespace {

// Everything that is known is told again to somebody after so many probe intervals, should news have been
// lost.
constexpr std::int64_t kExchangeIntervals = 10;
constexpr std::size_t kRelaysMax = 1024;

}  // namespace

bool Membership::Impl::probed(const Member& member) const {
  if (member.id == options_.self) return false;
  return member.state == MemberState::kJoining || member.state == MemberState::kAlive ||
         member.state == MemberState::kSuspect;
}

std::vector<NodeId> Membership::Impl::shuffled(std::vector<NodeId> nodes) {
  for (std::size_t i = nodes.size(); i > 1; --i) std::swap(nodes[i - 1], nodes[random_.below(i)]);
  return nodes;
}

// Every member once per round, in an order of its own each time. 0: nobody to probe.
NodeId Membership::Impl::next_target() {
  for (int refills = 0; refills < 2; ++refills) {
    while (!round_.empty()) {
      const NodeId target = round_.back();
      round_.pop_back();
      if (probed(members_.at(target))) return target;
    }
    for (const auto& [id, member] : members_) {
      if (probed(member)) round_.push_back(id);
    }
    round_ = shuffled(std::move(round_));
  }
  return 0;
}

void Membership::Impl::plan_probes() {
  if (time_.now >= next_probe_) {
    const NodeId target = next_target();
    if (target == 0) return;
    next_probe_ = time_.now + options_.probe_interval;
    start_probe(target);
  }
  wake(next_probe_);
}

void Membership::Impl::start_probe(NodeId target) {
  const bool running =
      std::any_of(probes_.begin(), probes_.end(), [&](const Probe& probe) { return probe.target == target; });
  if (running) return;
  const Probe probe{next_number_++, target, time_.now + options_.probe_timeout, false};
  probes_.push_back(probe);
  wake(probe.deadline);
  if (links_.contains(target)) {
    send(target, SwimKind::kPing, probe.number, target);
  } else {
    probes_.back().deadline = time_.now;
    wake(time_.now);
  }
}

// Unanswered: first ask others, then suspect.
void Membership::Impl::check_probes() {
  std::vector<Probe> failed;
  for (Probe& probe : probes_) {
    if (time_.now < probe.deadline) {
      wake(probe.deadline);
      continue;
    }
    if (probe.indirect) {
      failed.push_back(probe);
      continue;
    }
    probe.indirect = true;
    probe.deadline = time_.now + options_.probe_timeout;
    wake(probe.deadline);
    std::vector<NodeId> helpers;
    for (const NodeId node : links_) {
      if (node != probe.target && members_.contains(node) && probed(members_.at(node)))
        helpers.push_back(node);
    }
    helpers = shuffled(std::move(helpers));
    if (helpers.size() > options_.indirect_probes) helpers.resize(options_.indirect_probes);
    for (const NodeId helper : helpers) send(helper, SwimKind::kPingRequest, probe.number, probe.target);
  }
  for (const Probe& probe : failed) {
    std::erase_if(probes_, [&](const Probe& p) { return p.number == probe.number; });
    Member next = members_.at(probe.target);
    if (next.state != MemberState::kAlive && next.state != MemberState::kJoining) continue;
    next.state = MemberState::kSuspect;
    believe(next);
  }
  std::erase_if(relays_, [this](const Relay& relay) { return time_.now >= relay.deadline; });
}

void Membership::Impl::check_suspects() {
  std::vector<NodeId> late;
  for (const auto& [node, deadline] : suspects_) {
    if (time_.now >= deadline) {
      late.push_back(node);
    } else {
      wake(deadline);
    }
  }
  for (const NodeId node : late) {
    Member next = members_.at(node);
    next.state = MemberState::kDead;
    believe(next);
  }
}

void Membership::Impl::plan_exchange() {
  if (links_.empty()) return;
  if (time_.now >= next_exchange_) {
    next_exchange_ = time_.now + options_.probe_interval * kExchangeIntervals;
    const std::vector<NodeId> links(links_.begin(), links_.end());
    send_all_known(links[random_.below(links.size())]);
  }
  wake(next_exchange_);
}

void Membership::Impl::on_ping(NodeId from, const SwimMessage& message) {
  send(from, SwimKind::kAck, message.number, options_.self);
}

void Membership::Impl::on_ping_request(NodeId from, const SwimMessage& message) {
  if (message.target == options_.self) return send(from, SwimKind::kAck, message.number, options_.self);
  if (!links_.contains(message.target) || relays_.size() >= kRelaysMax) return;
  const Relay relay{next_number_++, from, message.number, message.target, time_.now + options_.probe_timeout};
  relays_.push_back(relay);
  send(message.target, SwimKind::kPing, relay.number, message.target);
}

void Membership::Impl::on_ack(const SwimMessage& message) {
  std::erase_if(probes_, [&](const Probe& probe) {
    return probe.number == message.number && probe.target == message.target;
  });
  const auto relay = std::find_if(relays_.begin(), relays_.end(), [&](const Relay& r) {
    return r.number == message.number && r.target == message.target;
  });
  if (relay == relays_.end()) return;
  const Relay done = *relay;
  relays_.erase(relay);
  if (links_.contains(done.asker)) send(done.asker, SwimKind::kAck, done.asker_number, done.target);
}

// Whoever is suspected hears of it with the next message, so that it can refute in time.
void Membership::Impl::send(NodeId to, SwimKind kind, std::uint64_t number, NodeId target) {
  std::vector<Member> gossip = rumours_.pick(options_.gossip_per_message, members_.size());
  const auto receiver = members_.find(to);
  if (receiver != members_.end() && receiver->second.state >= MemberState::kSuspect) {
    const bool told = std::any_of(gossip.begin(), gossip.end(), [&](const Member& m) { return m.id == to; });
    if (!told) gossip.push_back(receiver->second);
  }
  effects_->send.push_back({to, {kind, number, target, std::move(gossip)}});
}

void Membership::Impl::send_all_known(NodeId to) {
  effects_->send.push_back({to, {SwimKind::kPing, next_number_++, to, members()}});
}

}  // namespace murmel::core
