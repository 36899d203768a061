#include "agent/core/membership.h"

#include <algorithm>
#include <utility>

#include "agent/base/check.h"
#include "agent/core/membership_impl.h"

namespace murmel::core {
namespace {

// The node with the smaller id dials; the other one only if that has not worked for so long.
constexpr Duration kOtherSideFirst = seconds(1);

}  // namespace

void MemberEffects::clear() {
  *this = MemberEffects{};
}

Membership::Membership(MembershipOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Membership::~Membership() = default;

void Membership::step(const Time& time, MemberInput input, MemberEffects& effects) {
  impl_->step(time, std::move(input), effects);
}
Instant Membership::wake_at() const {
  return impl_->wake_at();
}
std::vector<Member> Membership::members() const {
  return impl_->members();
}
std::vector<NodeId> Membership::counted() const {
  return impl_->counted();
}
bool Membership::removed() const {
  return impl_->removed();
}

Membership::Impl::Impl(MembershipOptions options)
    : options_(std::move(options)),
      random_(options_.random_seed),
      dialer_(options_.dial_min, options_.dial_max),
      next_number_(random_.next()) {
  INVARIANT(options_.self > 0 && options_.self <= kNodeIdMax);
  std::uint32_t incarnation = 0;
  for (const Member& member : options_.known) {
    if (member.id == options_.self) {
      if (member.uuid == options_.uuid) incarnation = member.incarnation;
    } else {
      Member& held = members_[member.id] = member;
      // A suspicion of an earlier life has no time-out any more: ask anew.
      if (held.state == MemberState::kSuspect) held.state = MemberState::kAlive;
    }
  }
  members_[options_.self] = {options_.self, options_.uuid, options_.address, MemberState::kJoining,
                             incarnation + 1};
  rumours_.spread(self());
}

void Membership::Impl::step(const Time& time, MemberInput input, MemberEffects& effects) {
  if (leaving_ || removed()) {
    wake_at_ = kNever;
    return;
  }
  time_ = time;
  effects_ = &effects;
  wake_at_ = kNever;
  std::visit([this](auto& i) { on(i); }, input);
  if (!leaving_ && !removed()) {
    check_probes();
    check_suspects();
    plan_probes();
    plan_exchange();
    plan_dials();
  }
  effects_ = nullptr;
}

void Membership::Impl::wake(Instant at) {
  wake_at_ = std::min(wake_at_, at);
}

std::vector<Member> Membership::Impl::members() const {
  std::vector<Member> all;
  for (const auto& [id, member] : members_) all.push_back(member);
  return all;
}

std::vector<NodeId> Membership::Impl::counted() const {
  std::vector<NodeId> ids;
  for (const auto& [id, member] : members_) {
    if (member.state != MemberState::kLeft && member.state != MemberState::kRemoved) ids.push_back(id);
  }
  return ids;
}

void Membership::Impl::on(member_input::Tick&) {}

void Membership::Impl::on(member_input::LinkUp& input) {
  const auto held = members_.find(input.node);
  if (held != members_.end()) {
    const bool same = held->second.uuid == input.uuid;
    const MemberState state = held->second.state;
    const bool gone = state == MemberState::kLeft || state == MemberState::kRemoved;
    if (input.node == options_.self || (!same && !gone)) return refuse_duplicate(input.node, input.uuid);
    if (same && state == MemberState::kRemoved) {
      send_all_known(input.node);  // so that it learns why
      effects_->refuse.push_back(input.node);
      return;
    }
  }
  links_.insert(input.node);
  send_all_known(input.node);
}

void Membership::Impl::on(member_input::LinkDown& input) {
  if (links_.erase(input.node) == 0) return;
  const auto held = members_.find(input.node);
  // The process may be gone: ask the others at once instead of waiting for its turn.
  if (held != members_.end() && probed(held->second)) start_probe(input.node);
}

void Membership::Impl::on(member_input::Received& input) {
  if (!links_.contains(input.node)) return;
  const std::uint32_t incarnation = self().incarnation;
  for (const Member& news : input.message.gossip) {
    hear(news);
    if (removed()) return;
  }
  // Whoever was wrong about this node hears so at once; a ping is answered anyway.
  const bool refuted = self().incarnation != incarnation;
  if (refuted && input.message.kind != SwimKind::kPing) {
    send(input.node, SwimKind::kPing, next_number_++, input.node);
  }
  switch (input.message.kind) {
    case SwimKind::kPing: return on_ping(input.node, input.message);
    case SwimKind::kPingRequest: return on_ping_request(input.node, input.message);
    case SwimKind::kAck: return on_ack(input.message);
  }
}

void Membership::Impl::on(member_input::CaughtUp&) {
  if (self().state != MemberState::kJoining) return;
  Member next = self();
  next.state = MemberState::kAlive;
  believe(next);
}

void Membership::Impl::on(member_input::Leave&) {
  Member next = self();
  next.state = MemberState::kLeft;
  ++next.incarnation;
  believe(next);
  for (const NodeId node : links_) {
    effects_->send.push_back({node, {SwimKind::kPing, next_number_++, node, {next}}});
  }
  leaving_ = true;
}

void Membership::Impl::on(member_input::Remove& input) {
  const auto held = members_.find(input.node);
  if (held == members_.end() || input.node == options_.self) return;
  Member next = held->second;
  next.state = MemberState::kRemoved;
  believe(next);
  if (!links_.contains(input.node)) return;
  send(input.node, SwimKind::kPing, next_number_++, input.node);
  links_.erase(input.node);
  effects_->refuse.push_back(input.node);
}

// Each node hears of it by another way than gossip, in which a removal is final.
void Membership::Impl::on(member_input::Allow& input) {
  const auto held = members_.find(input.node);
  if (held == members_.end() || input.node == options_.self || held->second.uuid != input.uuid) return;
  if (held->second.state != MemberState::kRemoved) return;
  Member next = held->second;
  next.state = MemberState::kLeft;
  ++next.incarnation;
  allowed_[input.uuid] = next.incarnation;
  believe(next);
}

void Membership::Impl::hear(const Member& news) {
  if (news.id == 0 || news.id > kNodeIdMax) return;
  if (news.id == options_.self) return hear_of_self(news);
  const auto held = members_.find(news.id);
  if (held == members_.end()) {
    if (members_.size() < options_.members_max) believe(news);
    return;
  }
  if (news.uuid != held->second.uuid) {
    const bool gone = held->second.state == MemberState::kLeft || held->second.state == MemberState::kRemoved;
    if (gone && news.incarnation > held->second.incarnation) return believe(news);
    const bool news_gone = news.state == MemberState::kLeft || news.state == MemberState::kRemoved;
    if (!gone && !news_gone && duplicates_[news.id] != news.uuid) {
      duplicates_[news.id] = news.uuid;
      effects_->report.push_back("two nodes use the id " + std::to_string(news.id) + ": " +
                                 held->second.uuid.to_string() + " and " + news.uuid.to_string() +
                                 "; the first one is kept, give the other one an id of its own");
    }
    return;
  }
  if (overrides(news, held->second)) believe(news);
}

bool Membership::Impl::overrides(const Member& news, const Member& held) const {
  if (held.state == MemberState::kRemoved) return false;
  if (news.state == MemberState::kRemoved) {
    const auto allowed = allowed_.find(news.uuid);
    return allowed == allowed_.end() || news.incarnation >= allowed->second;
  }
  if (options_.mutation == Mutation::kIgnoreIncarnation) return news.state > held.state;
  if (news.incarnation != held.incarnation) return news.incarnation > held.incarnation;
  return news.state > held.state;
}

// Others may be wrong about this node, or remember an earlier life of it: go on above what they believe.
void Membership::Impl::hear_of_self(const Member& news) {
  if (news.uuid != options_.uuid) {
    const bool gone = news.state == MemberState::kLeft || news.state == MemberState::kRemoved;
    if (!gone) return refuse_duplicate(options_.self, news.uuid);
  } else if (news.state == MemberState::kRemoved) {
    believe(news);
    effects_->report.push_back("this node was removed from the cluster by an operator; it stops replicating");
    return;
  }
  if (news.incarnation < self().incarnation || news == self()) return;
  if (options_.mutation == Mutation::kNeverRefute) return;
  Member next = self();
  next.incarnation = news.incarnation + 1;
  believe(next);
}

// The one place where what is believed of a member changes.
void Membership::Impl::believe(const Member& member) {
  members_[member.id] = member;
  rumours_.spread(member);
  effects_->changed.push_back(member);
  if (member.state == MemberState::kSuspect) {
    suspects_[member.id] = time_.now + options_.suspicion_timeout;
  } else {
    suspects_.erase(member.id);
  }
}

void Membership::Impl::refuse_duplicate(NodeId node, const Uuid& uuid) {
  if (node != options_.self) effects_->refuse.push_back(node);
  if (duplicates_[node] == uuid) return;
  duplicates_[node] = uuid;
  effects_->report.push_back("another node (" + uuid.to_string() + ") uses the id " + std::to_string(node) +
                             " of " + members_.at(node).uuid.to_string() + "; give it an id of its own");
}

void Membership::Impl::plan_dials() {
  std::vector<Dialer::Wanted> wanted;
  std::set<std::string> reached{options_.address};
  for (const auto& [id, member] : members_) {
    if (links_.contains(id)) reached.insert(member.address);
  }
  for (const auto& [id, member] : members_) {
    const bool gone = member.state == MemberState::kLeft || member.state == MemberState::kRemoved;
    if (id == options_.self || gone || links_.contains(id) || member.address.empty()) continue;
    wanted.push_back({member.address, id > options_.self ? Duration{} : kOtherSideFirst});
  }
  for (const std::string& seed : options_.seeds) {
    if (!reached.contains(seed)) wanted.push_back({seed, {}});
  }
  for (std::string& address : dialer_.due(time_.now, wanted)) effects_->dial.push_back(std::move(address));
  wake(dialer_.due_at());
}

}  // namespace murmel::core
