// Epochs: changing the members, and ending a fence whose proposer has died.
#include <algorithm>
#include <utility>

#include "agent/core/epoch_impl.h"

namespace murmel::core {
namespace {

constexpr Duration kBackOff = milliseconds(100);
constexpr int kEpochDoublingsMax = 4;
constexpr std::size_t kRequestsMax = 64;

}  // namespace

// --- requests ---------------------------------------------------------------------------------------------

// The first request, if nothing is under way.
void Epochs::Impl::begin_next() {
  if (!open_ || attempt_.stage != Stage::kIdle || requests_.empty() || has_promised()) return;
  if (requests_.size() > kRequestsMax) {
    requests_.resize(kRequestsMax + 1);
    Request last = std::move(requests_.back());
    requests_.pop_back();
    requests_.push_front(std::move(last));
    return end_request(EpochOutcome::kRefused, "too many changes are waiting");
  }
  if (begin_at_ != kNever && time_.now < begin_at_) return;
  begin_at_ = kNever;
  if (!state_.head) return end_request(EpochOutcome::kRefused, "this node is in no cluster yet");
  if (!self_votes() && asks_to_leave()) return;
  if (!self_votes()) {
    std::string text = "this node does not vote; ask one that does:";
    for (const NodeId node : voters_of(*state_.head)) text += " " + std::to_string(node);
    return end_request(EpochOutcome::kRefused, std::move(text));
  }
  ChangeResult next = apply_changes(*state_.head, requests_.front().changes, limits());
  switch (next.verdict) {
    case ChangeVerdict::kRefused: return end_request(EpochOutcome::kRefused, std::move(next.text));
    case ChangeVerdict::kSatisfied: return end_request(EpochOutcome::kDone, "");
    case ChangeVerdict::kChanged: return ask(next.record);
  }
}

// The first request has its answer.
void Epochs::Impl::end_request(EpochOutcome outcome, std::string text) {
  const Request request = std::move(requests_.front());
  requests_.pop_front();
  attempt_.for_request = false;
  if (attempt_.stage == Stage::kAsking) attempt_ = {};  // nothing has happened yet
  if (request.number) {
    const std::uint64_t number = outcome == EpochOutcome::kDone ? at().number : 0;
    effects_->reply.push_back({*request.number, outcome, number, text});
  }
  if (request.asker != 0) send(request.asker, EpochAnswer{outcome == EpochOutcome::kDone, std::move(text)});
  begin_next();
}

void Epochs::Impl::expire_requests() {
  while (!requests_.empty() && requests_.front().deadline <= time_.now) {
    const bool proposed = attempt_.for_request && attempt_.stage > Stage::kAsking;
    if (proposed) {
      end_request(EpochOutcome::kUnknown, "not decided in time; it may still happen");
    } else if (attempt_.stage == Stage::kAsking && majority_reachable()) {
      end_request(EpochOutcome::kUnavailable, "a node that is to vote can't be reached or has not caught up");
    } else {
      end_request(EpochOutcome::kUnavailable, "no majority of the voting nodes can be reached");
    }
  }
  // The others wait their turn, but not longer than they said.
  for (std::size_t i = 1; i < requests_.size();) {
    if (requests_[i].deadline > time_.now) {
      ++i;
      continue;
    }
    if (requests_[i].number) {
      effects_->reply.push_back({*requests_[i].number, EpochOutcome::kUnavailable, 0,
                                 "another change of the members was under way"});
    }
    requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

// Another record is known: an attempt for the one before is over.
void Epochs::Impl::head_moved() {
  const bool for_request = attempt_.for_request;
  attempt_ = {};
  defeats_ = 0;
  begin_at_ = kNever;
  if (!for_request || requests_.empty()) return begin_next();
  const ChangeResult next = apply_changes(*state_.head, requests_.front().changes, limits());
  if (next.verdict == ChangeVerdict::kSatisfied) return end_request(EpochOutcome::kDone, "");
  begin_next();
}

// --- before the fence: may it succeed at all? -------------------------------------------------------------

void Epochs::Impl::ask(const EpochRecord& value) {
  attempt_ = {};
  attempt_.stage = Stage::kAsking;
  attempt_.for_request = true;
  attempt_.value = value;
  attempt_.since = time_.now;
  attempt_.resend_at = time_.now;
  for (const EpochMember& member : value.members) {
    if (member.role != EpochRole::kVoter || votes_in(*state_.head, member.uuid, member.node)) continue;
    attempt_.wait.insert(member.node);
  }
  run_attempt();
}

// What is known here is about what is known everywhere: who holds that is nearly caught up.
void Epochs::Impl::asked(const Tips& known) {
  if (attempt_.stage != Stage::kAsking) return;
  attempt_.drain = known;
  for (const NodeId node : attempt_.wait) {
    send(node, EpochDrain{at().cluster_id, attempt_.value.number, {0, options_.self}, attempt_.drain});
  }
}

// --- Paxos ------------------------------------------------------------------------------------------------

void Epochs::Impl::begin_fence(bool for_request) {
  attempt_.stage = Stage::kFencing;
  attempt_.for_request = for_request;
  attempt_.ballot = {std::max(highest_round_, state_.promised.round) + 1, options_.self};
  attempt_.since = time_.now;
  attempt_.promises.clear();
  attempt_.holders.clear();
  attempt_.accepted_by.clear();
  promise(attempt_.ballot);  // on disk before others hear of the ballot, so it is never used twice
  heard_of(attempt_.ballot);
  resend();
}

void Epochs::Impl::on_message(NodeId node, EpochFenced& message) {
  if (!next(node, message.cluster_id, message.number) || !from_member(node, *state_.head)) return;
  highest_round_ = std::max(highest_round_, message.promised.round);
  if (attempt_.stage != Stage::kFencing || message.ballot != attempt_.ballot) return;
  if (!message.ok) return step_back(message.promised);
  attempt_.promises[node] = std::move(message);
  if (attempt_.promises.size() >= majority_of(voters_of(*state_.head).size())) choose();
}

// A majority is fenced: what may be proposed?
void Epochs::Impl::choose() {
  const EpochProposal* best = nullptr;
  Tips known;
  for (const auto& [node, promised] : attempt_.promises) {
    raise(known, promised.known);
    if (!promised.accepted || options_.mutation == Mutation::kForgetEpoch) continue;
    if (best == nullptr || promised.accepted->ballot > best->ballot) best = &*promised.accepted;
  }
  if (best != nullptr) {
    attempt_.value = best->record;
    return accept();
  }
  ChangeResult next;
  if (attempt_.for_request) next = apply_changes(*state_.head, requests_.front().changes, limits());
  if (next.verdict != ChangeVerdict::kChanged) next = apply_changes(*state_.head, {{}}, limits());
  raise(next.record.tips, known);
  // Only what somebody still has can be held by anybody.
  attempt_.drain.clear();
  for (const auto& [database, vector] : known) attempt_.drain[database] = next.record.tips[database];
  drain(std::move(next.record));
}

void Epochs::Impl::drain(EpochRecord value) {
  attempt_.value = std::move(value);
  attempt_.stage = Stage::kDraining;
  attempt_.since = time_.now;
  attempt_.holders.clear();
  if (options_.mutation == Mutation::kNoHolders) return accept();
  resend();
}

void Epochs::Impl::on_message(NodeId node, EpochHeld& message) {
  if (!next(node, message.cluster_id, message.number)) return;
  if (attempt_.stage == Stage::kAsking && message.ballot == Ballot{0, options_.self}) {
    attempt_.wait.erase(node);
    return run_attempt();
  }
  if (attempt_.stage != Stage::kDraining || message.ballot != attempt_.ballot) return;
  if (from_member(node, attempt_.value) || from_member(node, *state_.head)) attempt_.holders.insert(node);
  weigh_holders();
}

void Epochs::Impl::weigh_holders() {
  const std::vector<NodeId> voters = voters_of(attempt_.value);
  const auto held = std::count_if(voters.begin(), voters.end(),
                                  [this](NodeId node) { return attempt_.holders.contains(node); });
  if (static_cast<std::size_t>(held) >= holders_needed(voters.size())) accept();
}

void Epochs::Impl::accept() {
  attempt_.stage = Stage::kAccepting;
  attempt_.since = time_.now;
  resend();
}

void Epochs::Impl::on_message(NodeId node, EpochAccepted& message) {
  if (!next(node, message.cluster_id, message.number) || !from_member(node, *state_.head)) return;
  highest_round_ = std::max(highest_round_, message.promised.round);
  if (attempt_.stage != Stage::kAccepting || message.ballot != attempt_.ballot) return;
  if (!message.ok) return step_back(message.promised);
  attempt_.accepted_by.insert(node);
  if (attempt_.accepted_by.size() < majority_of(voters_of(*state_.head).size())) return;
  adopt(std::move(attempt_.value));
  for (const auto& [peer, uuid] : up_) tell_head(peer);
}

// Nobody else can have heard of the value yet: the members stay as they are.
void Epochs::Impl::give_up_change(const std::string& text) {
  EpochRecord same = *state_.head;
  ++same.number;
  same.tips = std::move(attempt_.value.tips);
  const std::set<NodeId> holders = std::move(attempt_.holders);
  if (attempt_.for_request) end_request(EpochOutcome::kUnavailable, text);
  drain(std::move(same));
  attempt_.holders = holders;
  if (attempt_.stage == Stage::kDraining) weigh_holders();
}

// Somebody has promised a higher ballot.
void Epochs::Impl::step_back(const Ballot& promised) {
  highest_round_ = std::max(highest_round_, promised.round);
  attempt_ = {};
  const Duration pause = jitter(kBackOff * (1LL << std::min(defeats_, kEpochDoublingsMax)));
  ++defeats_;
  begin_at_ = time_.now + kBackOff + pause;
  if (has_promised()) recover_at_ = std::max(recover_at_, begin_at_);
}

// --- time -------------------------------------------------------------------------------------------------

void Epochs::Impl::run_attempt() {
  switch (attempt_.stage) {
    case Stage::kIdle:
      if (has_promised() && time_.now >= recover_at_) {
        if (majority_reachable()) return begin_fence(false);
        recover_at_ = time_.now + options_.recovery_timeout;
      }
      return begin_next();
    case Stage::kAsking: {
      const EpochRecord& value = attempt_.value;
      const bool enough =
          majority_reachable() && reachable_voters(value) >= majority_of(voters_of(value).size());
      if (has_promised()) {  // somebody else was faster
        attempt_ = {};
      } else if (attempt_.wait.empty() && enough) {
        begin_fence(true);
      } else if (time_.now >= attempt_.resend_at) {
        attempt_.resend_at = time_.now + options_.resend_interval;
        if (attempt_.wait.empty()) return;
        known_for_.reset();
        known_question_ = ++last_question_;
        effects_->ask_known = known_question_;
      }
      return;
    }
    case Stage::kFencing:
    case Stage::kAccepting:
      if (time_.now >= attempt_.since + options_.drain_timeout * 2) return step_back({});
      if (time_.now >= attempt_.resend_at) resend();
      return;
    case Stage::kDraining:
      if (time_.now >= attempt_.since + options_.drain_timeout) {
        if (attempt_.for_request) return give_up_change("the new voters have not caught up in time");
        return step_back({});
      }
      if (time_.now >= attempt_.resend_at) resend();
      return;
  }
}

void Epochs::Impl::resend() {
  attempt_.resend_at = time_.now + options_.resend_interval;
  const Uuid cluster_id = at().cluster_id;
  const std::uint64_t number = at().number + 1;
  const std::vector<NodeId> voters = voters_of(*state_.head);
  if (attempt_.stage == Stage::kFencing) {
    for (const NodeId node : voters) {
      if (!attempt_.promises.contains(node))
        send_durably(node, EpochFence{cluster_id, number, attempt_.ballot});
    }
  } else if (attempt_.stage == Stage::kDraining) {
    attempt_.resend_at = time_.now + options_.hold_interval;
    std::vector<NodeId> to = voters_of(attempt_.value);
    to.insert(to.end(), voters.begin(), voters.end());
    std::sort(to.begin(), to.end());
    to.erase(std::unique(to.begin(), to.end()), to.end());
    for (const NodeId node : to) send(node, EpochDrain{cluster_id, number, attempt_.ballot, attempt_.drain});
  } else if (attempt_.stage == Stage::kAccepting) {
    for (const NodeId node : voters) {
      if (!attempt_.accepted_by.contains(node)) send(node, EpochAccept{{attempt_.ballot, attempt_.value}});
    }
  }
}

}  // namespace murmel::core
