#include "agent/core/epoch.h"

#include <algorithm>
#include <utility>

#include "agent/base/check.h"
#include "agent/core/epoch_impl.h"

namespace murmel::core {

void EpochEffects::clear() {
  *this = EpochEffects{};
}

Epochs::Epochs(const EpochOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Epochs::~Epochs() = default;

void Epochs::step(const Time& time, EpochInput input, EpochEffects& effects) {
  impl_->step(time, std::move(input), effects);
}
Instant Epochs::wake_at() const {
  return impl_->wake_at();
}
Epoch Epochs::epoch() const {
  return impl_->epoch();
}
const VersionVector& Epochs::tips(const Uuid& database_id) const {
  return impl_->tips(database_id);
}
bool Epochs::fenced() const {
  return impl_->fenced();
}
EpochStatus Epochs::status() const {
  return impl_->status();
}

void Epochs::Impl::step(const Time& time, EpochInput input, EpochEffects& effects) {
  time_ = time;
  effects_ = &effects;
  writes_ = false;
  std::visit([this](auto& i) { on(i); }, input);
  if (open_) {
    hear_self();
    run_timers();
    hear_self();
    if (writes_) {
      effects_->persist = state_;
      effects_->persist_number = persist_number_;
    }
    flush();
  }
  effects_ = nullptr;
}

// --- inputs -----------------------------------------------------------------------------------------------

void Epochs::Impl::on(epoch_input::Opened& input) {
  INVARIANT(!open_);
  open_ = true;
  if (input.state) state_ = std::move(*input.state);
  in_force_ = state_.head;
  highest_round_ = state_.promised.round;
  tell_at_ = time_.now + jitter(options_.tell_interval);
  if (in_force_) enter_head();
  if (has_promised()) heard_of(state_.promised);
}

void Epochs::Impl::on(epoch_input::Bootstrap& input) {
  if (!open_ || state_.head) return;
  EpochRecord record;
  record.cluster_id = input.cluster_id;
  record.number = 1;
  record.members = std::move(input.members);
  if (record.members.empty()) record.members = {{options_.uuid, options_.self, 1, EpochRole::kVoter}};
  std::sort(record.members.begin(), record.members.end(),
            [](const EpochMember& a, const EpochMember& b) { return a.node < b.node; });
  std::uint16_t number = 0;
  for (EpochMember& member : record.members) member.number = ++number;
  adopt(std::move(record));
}

void Epochs::Impl::on(epoch_input::Join& input) {
  join_role_ = input.role;
  ask_pause_ = options_.ask_interval;
  ask_at_ = time_.now;
}

void Epochs::Impl::on(epoch_input::PeerUp& input) {
  up_[input.node] = input.uuid;
  if (open_) send(input.node, at());
}

void Epochs::Impl::on(epoch_input::PeerDown& input) {
  up_.erase(input.node);
  strangers_.erase(input.node);
}

void Epochs::Impl::on(epoch_input::Received& input) {
  if (open_ && up_.contains(input.node)) receive(input.node, input.message);
}

void Epochs::Impl::receive(NodeId node, EpochMessage& message) {
  std::visit([&](auto& m) { on_message(node, m); }, message);
}

void Epochs::Impl::on(epoch_input::Persisted& input) {
  persisted_ = std::max(persisted_, input.number);
  if (entering_ != 0 && entering_ <= persisted_) {
    entering_ = 0;
    in_force_ = state_.head;
    enter_head();
  }
  for (; !waiting_.empty() && waiting_.front().number <= persisted_; waiting_.pop_front()) {
    send(waiting_.front().to, std::move(waiting_.front().message));
  }
}

void Epochs::Impl::on(epoch_input::Known& input) {
  if (input.request != known_question_ || input.request == 0) return;
  known_question_ = 0;
  if (known_for_) {
    tell_known(input.known);
  } else {
    asked(input.known);
  }
}

void Epochs::Impl::on(epoch_input::Held& input) {
  const auto found = held_questions_.find(input.request);
  if (found == held_questions_.end()) return;
  if (input.held) send(found->second.to, found->second.answer);
  held_questions_.erase(found);
}

void Epochs::Impl::on(epoch_input::Propose& input) {
  std::vector<EpochChange> changes = std::move(input.more);
  changes.insert(changes.begin(), input.change);
  const EpochChange& first = changes.front();
  if (first.kind == EpochChangeKind::kLeave && first.node == options_.self) join_role_.reset();
  requests_.push_back({std::move(changes), time_.now + input.timeout, input.request, 0});
  begin_next();
}

void Epochs::Impl::on(epoch_input::Tick&) {}

// --- time -------------------------------------------------------------------------------------------------

void Epochs::Impl::run_timers() {
  if (time_.now >= tell_at_) {
    tell_at_ = time_.now + options_.tell_interval;
    for (const auto& [node, uuid] : up_) send(node, at());
  }
  if (time_.now >= ask_at_) ask_to_join();
  expire_requests();
  run_attempt();
}

Instant Epochs::Impl::wake_at() const {
  if (!open_) return kNever;
  Instant at = std::min({tell_at_, ask_at_, attempt_.resend_at});
  if (attempt_.stage == Stage::kIdle) {
    if (has_promised()) at = std::min(at, recover_at_);
    if (!has_promised() && !requests_.empty()) at = std::min(at, begin_at_);
  }
  for (const Request& request : requests_) at = std::min(at, request.deadline);
  return at;
}

Duration Epochs::Impl::jitter(Duration span) {
  return span.ns <= 0
             ? Duration{}
             : Duration{static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(span.ns)))};
}

// --- messages ---------------------------------------------------------------------------------------------

// What this node says to itself is heard in the same step.
void Epochs::Impl::hear_self() {
  for (std::size_t i = 0; i < outgoing_.size(); ++i) {
    if (!is_self(outgoing_[i].first)) continue;
    EpochMessage message = std::move(outgoing_[i].second);
    outgoing_[i].first = 0;
    receive(options_.self, message);
  }
  std::erase_if(outgoing_, [](const auto& entry) { return entry.first == 0; });
}

void Epochs::Impl::flush() {
  for (auto& [to, message] : outgoing_) {
    if (!up_.contains(to)) continue;
    std::vector<EpochEffects::Send>& sends = effects_->send;
    const auto same = std::find_if(sends.begin(), sends.end(),
                                   [&m = message](const auto& other) { return other.message == m; });
    if (same != sends.end()) {
      same->to.push_back(to);
    } else {
      sends.push_back({{to}, std::move(message)});
    }
  }
  outgoing_.clear();
}

void Epochs::Impl::send_durably(NodeId to, EpochMessage message) {
  const bool early = options_.mutation == Mutation::kFenceNotDurable;
  if (persist_number_ <= persisted_ || early) return send(to, std::move(message));
  std::erase_if(waiting_, [&](const Waiting& w) { return w.to == to && w.message == message; });
  waiting_.push_back({persist_number_, to, std::move(message)});
}

void Epochs::Impl::write() {
  if (!writes_) ++persist_number_;
  writes_ = true;
}

EpochAt Epochs::Impl::at() const {
  return state_.head ? EpochAt{state_.head->cluster_id, state_.head->number} : EpochAt{};
}

bool Epochs::Impl::ours(const Uuid& cluster_id) const {
  return !state_.head || cluster_id.is_nil() || cluster_id == state_.head->cluster_id;
}

void Epochs::Impl::tell_head(NodeId node) {
  if (state_.head && !is_self(node)) send(node, EpochHead{*state_.head});
}

void Epochs::Impl::on_message(NodeId node, EpochAt& message) {
  if (!ours(message.cluster_id)) {
    if (strangers_.insert(node).second) {
      effects_->report.push_back(
          "node " + std::to_string(node) +
          " belongs to another cluster; one of the two has to begin with an empty data directory");
    }
    return;
  }
  const std::uint64_t mine = at().number;
  if (message.number < mine) return tell_head(node);
  if (message.number > mine) send(node, at());
}

void Epochs::Impl::on_message(NodeId, EpochHead& message) {
  if (!ours(message.record.cluster_id) || message.record.number <= at().number) return;
  adopt(std::move(message.record));
  for (const auto& [node, uuid] : up_) send(node, at());
}

// True if a message is about the epoch to come, and its sender may take part; who is behind is told.
bool Epochs::Impl::next(NodeId node, const Uuid& cluster_id, std::uint64_t number) {
  if (!state_.head || cluster_id != state_.head->cluster_id) return false;
  if (number <= state_.head->number) {
    tell_head(node);
    return false;
  }
  if (number > state_.head->number + 1) {
    send(node, at());
    return false;
  }
  return true;
}

// --- records ----------------------------------------------------------------------------------------------

// A decided record that is newer than what is known here.
void Epochs::Impl::adopt(EpochRecord record) {
  state_ = {};
  state_.head = std::move(record);
  write();
  entering_ = persist_number_;
  waiting_.clear();  // said about an epoch that is over
  known_question_ = 0;
  held_questions_.clear();
  recover_at_ = fence_since_ = kNever;
  highest_round_ = 0;
  head_moved();
}

void Epochs::Impl::enter_head() {
  const bool was_fenced = has_promised();
  effects_->enter = in_force_;
  effects_->fence = was_fenced;
  std::string text = "epoch " + std::to_string(in_force_->number) + ": voters";
  for (const NodeId node : voters_of(*in_force_)) text += " " + std::to_string(node);
  effects_->report.push_back(std::move(text));
}

bool Epochs::Impl::from_member(NodeId node, const EpochRecord& record) const {
  if (is_self(node)) return votes_in(record, options_.uuid, node);
  const auto found = up_.find(node);
  return found != up_.end() && votes_in(record, found->second, node);
}

bool Epochs::Impl::linked(const EpochMember& member) const {
  if (is_self(member.node)) return member.uuid == options_.uuid;
  const auto found = up_.find(member.node);
  return found != up_.end() && found->second == member.uuid;
}

std::size_t Epochs::Impl::reachable_voters(const EpochRecord& record) const {
  return static_cast<std::size_t>(std::count_if(
      record.members.begin(), record.members.end(),
      [this](const EpochMember& member) { return member.role != EpochRole::kReplica && linked(member); }));
}

bool Epochs::Impl::majority_reachable() const {
  return state_.head && reachable_voters(*state_.head) >= majority_of(voters_of(*state_.head).size());
}

Epoch Epochs::Impl::epoch() const {
  if (!in_force_) return {};
  const bool member = member_of(*in_force_, options_.uuid, options_.self) != nullptr;
  return {in_force_->number, voters_of(*in_force_), member};
}

const VersionVector& Epochs::Impl::tips(const Uuid& database_id) const {
  static const VersionVector kNone;
  if (!in_force_) return kNone;
  const auto found = in_force_->tips.find(database_id);
  return found == in_force_->tips.end() ? kNone : found->second;
}

EpochStatus Epochs::Impl::status() const {
  EpochStatus status;
  if (in_force_) {
    status.number = in_force_->number;
    status.cluster_id = in_force_->cluster_id;
    status.members = in_force_->members;
    status.past = in_force_->past;
    status.member = member_of(*in_force_, options_.uuid, options_.self) != nullptr;
    status.banned = banned_in(*in_force_, options_.uuid);
  }
  status.fenced = fenced();
  switch (attempt_.stage) {
    case Stage::kIdle: status.changing = requests_.empty() ? "" : "waits"; break;
    case Stage::kAsking: status.changing = "waits for new voters to catch up"; break;
    case Stage::kFencing: status.changing = "asks for promises"; break;
    case Stage::kDraining: status.changing = "waits for undecided transactions"; break;
    case Stage::kAccepting: status.changing = "proposes the new members"; break;
  }
  return status;
}

}  // namespace murmel::core
