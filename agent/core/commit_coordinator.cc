// Commit: a node's own transactions, in round 0.
#include <algorithm>
#include <utility>

#include "agent/core/commit_impl.h"
#include "agent/core/vectors.h"

namespace murmel::core {
namespace {

// Order of precedence between transactions that hold each other up: any will do that all nodes agree on, as
// long as it favours no node.
std::uint64_t precedence(const Position& slot) {
  Random mix((static_cast<std::uint64_t>(slot.origin) << 40) ^ static_cast<std::uint64_t>(slot.seq));
  return mix.next();
}

// The reason to give, if several voters refused: the one that says most.
int weight(VoteReason reason) {
  switch (reason) {
    case VoteReason::kYes: return 0;
    case VoteReason::kOver:
    case VoteReason::kFenced: return 1;
    case VoteReason::kEpoch:
    case VoteReason::kClock:
    case VoteReason::kLimit: return 2;
    case VoteReason::kBusy: return 3;
    case VoteReason::kBehind: return 4;
    case VoteReason::kConflict: return 5;
  }
  return 0;
}

CommitOutcome outcome_of(VoteReason reason) {
  switch (reason) {
    case VoteReason::kYes: return CommitOutcome::kUnavailable;
    case VoteReason::kOver:
    case VoteReason::kFenced:
    case VoteReason::kEpoch:
    case VoteReason::kBusy: return CommitOutcome::kBusy;
    case VoteReason::kConflict:
    case VoteReason::kBehind: return CommitOutcome::kConflict;
    case VoteReason::kClock:
    case VoteReason::kLimit: return CommitOutcome::kRefused;
  }
  return CommitOutcome::kRefused;
}

const char* sentence(VoteReason reason) {
  switch (reason) {
    case VoteReason::kYes: return "too few nodes answered in time";
    case VoteReason::kOver: return "it took too long and was given up; try again";
    case VoteReason::kBusy: return "another transaction writes the same rows; try again";
    case VoteReason::kConflict: return "another transaction has changed the same rows; begin again";
    case VoteReason::kBehind: return "this node has not seen all that is committed; begin again";
    case VoteReason::kEpoch: return "the voting nodes have changed meanwhile; try again";
    case VoteReason::kClock: return "the clock of this node is ahead of the others'";
    case VoteReason::kLimit:
      return "a node is full of transactions: undecided, or kept for a node that is away";
    case VoteReason::kFenced: return "the voting nodes are being changed; try again";
  }
  return "";
}

}  // namespace

void Commit::Impl::refuse(const commit_input::Propose& input, CommitOutcome outcome, std::string text,
                          Position by, bool behind) {
  CommitEffects::Reply reply;
  reply.request = input.request;
  reply.outcome = outcome;
  reply.by = by;
  reply.behind = behind;
  reply.text = std::move(text);
  effects_->reply.push_back(std::move(reply));
}

// A writer that writes the log record itself would leave a gap behind a slot that it has not seen.
bool Commit::Impl::seen_all_own_slots(const Transaction& transaction) const {
  return seq_of(transaction.seen, decided_origin(options_.self)) + 1 == next_slot_;
}

// What its node has on disk others may have been told of; whoever waits for the node's slots counts on them
// to come after that.
bool Commit::Impl::follows_all_told(const Transaction& transaction) const {
  VersionVector before = transaction.seen;
  for (const Position& position : transaction.change.depends) raise(before, position);
  return covers(before, durable_);
}

std::size_t Commit::Impl::needed(CommitLevel level) const {
  switch (level) {
    case CommitLevel::kOne:
    case CommitLevel::kQuorum: break;
    case CommitLevel::kAll: return epoch_.voters.size();
    case CommitLevel::kTwo: return std::max<std::size_t>(majority(), 2);
    case CommitLevel::kThree: return std::max<std::size_t>(majority(), 3);
  }
  return majority();
}

bool Commit::Impl::history_agreed() const {
  if (strangers_.contains(options_.self)) return false;
  const std::vector<NodeId> voters = voters_up();
  const auto agreed =
      std::count_if(voters.begin(), voters.end(), [this](NodeId node) { return !strangers_.contains(node); });
  return static_cast<std::size_t>(agreed) >= majority();
}

bool Commit::Impl::refused_at_once(const commit_input::Propose& input) {
  if (!open_ || journal_lost_) {
    refuse(input, CommitOutcome::kRefused,
           "the commit journal of this node is missing, so it can't take part: replace the node");
    return true;
  }
  if (!epoch_.member) {
    refuse(input, CommitOutcome::kRefused, "this node is not a member of the cluster");
    return true;
  }
  const std::size_t need = needed(input.level);
  if (!epoch_.voters.empty() && need > epoch_.voters.size()) {
    refuse(input, CommitOutcome::kRefused,
           "the level asks for " + std::to_string(need) + " voting nodes, and the cluster has " +
               std::to_string(epoch_.voters.size()) + "; use 'quorum' or 'all', or add nodes");
    return true;
  }
  const bool waits = options_.mutation == Mutation::kMinorityWaits;
  if (epoch_.voters.empty() || (reachable_voters() < need && !waits)) {
    refuse(input, CommitOutcome::kUnavailable,
           "only " + std::to_string(reachable_voters()) + " of " + std::to_string(epoch_.voters.size()) +
               " voting nodes can be reached");
    return true;
  }
  if (fenced_) {  // who holds the database would keep out what it must have seen afterwards
    const CommitOutcome outcome = input.in_place ? CommitOutcome::kConflict : outcome_of(VoteReason::kFenced);
    refuse(input, outcome, sentence(VoteReason::kFenced));
    return true;
  }
  if (!begun() && !history_agreed() &&
      options_.mutation != Mutation::kBeginApart) {  // who holds the database would keep out another history
    refuse(input, input.in_place ? CommitOutcome::kConflict : CommitOutcome::kBusy,
           "the nodes have not agreed yet which history of this new database to go on with; begin again");
    return true;
  }
  if (!follows_all_told(input.transaction) && options_.mutation != Mutation::kUnseeing) {
    refuse(input, CommitOutcome::kConflict, "this node's database has changed meanwhile; begin again");
    return true;
  }
  if (input.in_place && !seen_all_own_slots(input.transaction)) {
    refuse(input, CommitOutcome::kConflict,
           "an earlier transaction of this node is not in its database yet; begin again");
    return true;
  }
  return false;
}

// Whether a refused schema change that comes again soon finds the others still keeping rows back.
bool Commit::Impl::others_keep_back() const {
  return told_others_at_ != Instant{} &&
         time_.now < told_others_at_ + Duration{options_.keep_back_time.ns / 2};
}

// What is refused here anyway uses no slot. A schema change asks the others all the same, so that they
// keep new ones back, too. Rows that are kept back let go of the database, which the schema change needs.
bool Commit::Impl::refused_at_home(const commit_input::Propose& input, const Vote& vote) {
  if (vote.reason == VoteReason::kYes) return false;
  const bool comes_again = keep_others_back(input.transaction, vote);
  if (comes_again && keeps_back() && !others_keep_back()) {
    told_others_at_ = time_.now;
    return false;
  }
  const bool kept_back = vote.reason == VoteReason::kBusy && vote.by == Position{};
  if (kept_back && input.in_place) {
    refuse(input, CommitOutcome::kConflict,
           "a change of the schema, or somebody who reads, comes first; begin again");
  } else {
    refuse(input, outcome_of(vote.reason), sentence(vote.reason), vote.by,
           vote.reason == VoteReason::kBehind);
  }
  return true;
}

void Commit::Impl::on(commit_input::Propose& input) {
  if (refused_at_once(input)) return;
  ChangeSet& change = input.transaction.change;
  change.origin = decided_origin(options_.self);
  change.seq = next_slot_;
  change.more = false;
  change.hlc = std::max({change.hlc, Hlc{last_stamp_.value + 1}, Hlc{store_clock_.value + 1}});
  const Vote home = judge(input.transaction);
  if (refused_at_home(input, home)) return;
  if (next_slot_ > reserved_durable_ && options_.mutation != Mutation::kNoReserve)
    return wait_for_slot(input);
  const Position position = slot_of(input.transaction);
  ++next_slot_;
  last_stamp_ = change.hlc;
  reserve_ahead();
  const Instant deadline = time_.now + input.timeout;
  requests_[position] = {input.request, input.level, input.in_place, false, deadline, {}};
  request_deadlines_.insert({deadline, position});
  CommitSlot& slot = slot_at(position);
  CommitRound& round = slot.round.emplace();
  round.ballot = {0, options_.self};
  round.level = input.level;
  round.since = time_.now;
  if (self_votes() && home.reason == VoteReason::kYes) {
    say_yes(options_.self, slot, input.transaction);
  } else {
    if (self_votes()) round.votes[options_.self] = requests_[position].refusal = home;
    slot.hlc = change.hlc;
    slot.transaction = std::move(input.transaction);
    undecided_bytes_ += static_cast<std::int64_t>(slot.transaction->change.rows.size());
  }
  send_prepare(position, slot, false);
  weigh_votes(position, slot);
}

void Commit::Impl::wait_for_slot(commit_input::Propose& input) {
  reserve_ahead();
  const Instant deadline = time_.now + input.timeout;
  waiting_.push_back({std::move(input), deadline});
}

// A number that was not reserved on disk could be given to another transaction after a crash.
void Commit::Impl::reserve_ahead() {
  const Seq wanted = next_slot_ + static_cast<Seq>(waiting_.size());
  if (wanted + options_.reserve / 2 <= reserved_) return;
  reserved_ = wanted - 1 + options_.reserve;
  const Hlc pending = pending_floor();
  const Hlc above = std::min(Hlc{pending.value - 1}, std::max(store_clock_, Hlc{last_stamp_.value - 1}));
  reserving_[write(journal::Reserve{reserved_, above})] = reserved_;
}

void Commit::Impl::name(const Position& position) {
  const auto found = requests_.find(position);
  if (found == requests_.end() || !found->second.in_place || found->second.named) return;
  found->second.named = true;
  effects_->named.push_back({found->second.number, position});
}

// To those who have not answered, or only to those who were busy.
void Commit::Impl::send_prepare(const Position& position, CommitSlot& slot, bool busy_only) {
  CommitRound& round = *slot.round;
  name(position);
  std::vector<NodeId> to;
  for (const NodeId node : voters_up()) {
    const auto voted = round.votes.find(node);
    const bool busy = voted != round.votes.end() && voted->second.reason == VoteReason::kBusy;
    if (node != options_.self && (busy_only ? busy : voted == round.votes.end())) to.push_back(node);
  }
  if (busy_only) {
    round.ask_busy_at = kNever;
    std::erase_if(round.votes, [](const auto& entry) { return entry.second.reason == VoteReason::kBusy; });
  } else {
    round.resend_at = time_.now + options_.resend_interval;
  }
  if (!to.empty()) outgoing_.add(to, *slot.transaction);
}

void Commit::Impl::on_vote(NodeId node, const Vote& vote) {
  const auto found = slots_.find(vote.slot);
  if (found == slots_.end() || !found->second.round) return;
  CommitSlot& slot = found->second;
  CommitRound& round = *slot.round;
  if (round.ballot != Ballot{0, options_.self}) return;
  const auto before = round.votes.find(node);
  if (before != round.votes.end() && before->second.reason == VoteReason::kYes) return;
  round.votes[node] = vote;
  const auto request = requests_.find(vote.slot);
  if (request != requests_.end() && weight(vote.reason) > weight(request->second.refusal.reason)) {
    request->second.refusal = vote;
  }
  if (round.phase == CommitRound::Phase::kVoting) weigh_votes(vote.slot, slot);
}

// True if one of the transactions in the way comes first, or a schema change that is still to come.
bool Commit::Impl::gives_way(const Position& position, const CommitRound& round) const {
  const std::uint64_t mine = precedence(position);
  return std::any_of(round.votes.begin(), round.votes.end(), [&](const auto& entry) {
    const Position& by = entry.second.by;
    return entry.second.reason == VoteReason::kBusy && (by == Position{} || precedence(by) < mine);
  });
}

// Neither have they answered nor can they be reached.
std::size_t Commit::Impl::silent_voters(const CommitRound& round) const {
  return static_cast<std::size_t>(std::count_if(epoch_.voters.begin(), epoch_.voters.end(), [&](NodeId node) {
    return node != options_.self && !up_.contains(node) && !round.votes.contains(node);
  }));
}

void Commit::Impl::weigh_votes(const Position& position, CommitSlot& slot) {
  if (!slot.round || slot.round->phase != CommitRound::Phase::kVoting) return;
  CommitRound& round = *slot.round;
  const std::size_t all = epoch_.voters.size();
  std::size_t yes = 0;
  std::size_t busy = 0;
  std::size_t no = 0;
  bool conflict = false;
  for (const auto& [node, vote] : round.votes) {
    if (vote.reason == VoteReason::kYes) {
      ++yes;
    } else {
      ++(vote.reason == VoteReason::kBusy ? busy : no);
      conflict = conflict || vote.reason == VoteReason::kConflict;
    }
  }
  const std::size_t need = needed(round.level);
  const bool enough_for_all = options_.mutation == Mutation::kMajorityIsAll ? yes >= majority() : yes == all;
  if (all > 0 && enough_for_all) {
    ++counts_.fast;
    return decide(position, slot, true, slot.hlc);
  }
  const bool late = time_.now >= round.since + options_.vote_timeout;
  // Whoever can't be reached is waited for only where nobody stands in the way: everything of this node that
  // comes later waits for this slot.
  const std::size_t may_say_yes = all - no - (no + busy > 0 ? silent_voters(round) : 0);
  const bool held_up = may_say_yes < need + busy;
  const bool hopeless = conflict || may_say_yes < need || (held_up && gives_way(position, round));
  if (hopeless || (late && yes < need)) {
    if (late && options_.mutation == Mutation::kAbortByItself) return decide(position, slot, false, slot.hlc);
    return propose(position, slot, false);
  }
  if (held_up && round.ask_busy_at == kNever) {
    round.ask_busy_at = time_.now + options_.busy_interval + jitter(options_.busy_interval);
  }
  const Instant end = late ? time_.now + options_.resend_interval : round.since + options_.vote_timeout;
  Instant at = std::min({round.resend_at, round.ask_busy_at, end});
  if (yes >= need) {
    round.majority_since = std::min(round.majority_since, time_.now);
    const Instant patient_until = round.majority_since + options_.slow_path_delay;
    const bool all_answered = round.votes.size() >= reachable_voters();
    if (all_answered || time_.now >= patient_until) return propose(position, slot, true);
    at = std::min(at, patient_until);
  }
  wake_slot(position, slot, std::max(at, time_.now + microseconds(1)));
}

void Commit::Impl::propose(const Position& position, CommitSlot& slot, bool commit) {
  CommitRound& round = *slot.round;
  round.phase = CommitRound::Phase::kAccepting;
  round.commit = commit;
  round.hlc = commit ? slot.hlc : kVoidStamp;
  round.since = time_.now;
  send_proposal(position, slot);
}

void Commit::Impl::send_proposal(const Position& position, CommitSlot& slot) {
  const CommitRound& round = *slot.round;
  std::vector<NodeId> to;
  for (const NodeId node : voters_up()) {
    if (!round.accepted_by.contains(node)) to.push_back(node);
  }
  if (!to.empty()) outgoing_.add(to, Proposal{position, round.hlc, round.ballot, round.commit});
  const Instant resend = time_.now + options_.resend_interval;
  wake_slot(position, slot,
            std::min(resend, std::max(round.since + patience(slot), time_.now + milliseconds(1))));
}

void Commit::Impl::on_acceptance(NodeId node, const Acceptance& acceptance) {
  const auto found = slots_.find(acceptance.slot);
  if (found == slots_.end() || !found->second.round) return;
  CommitSlot& slot = found->second;
  CommitRound& round = *slot.round;
  if (round.phase != CommitRound::Phase::kAccepting || round.ballot != acceptance.ballot) return;
  if (!acceptance.ok) return give_up_round(acceptance.slot, slot, acceptance.promised.round);
  round.accepted_by.insert(node);
  if (round.accepted_by.size() < majority()) return;
  if (round.ballot.round > 0 && node_of_origin(acceptance.slot.origin) != options_.self) ++counts_.recovered;
  decide(acceptance.slot, slot, round.commit, round.hlc);
}

// Somebody may be waiting for the outcome of this slot, which is known now.
void Commit::Impl::answer(const Position& position, const CommitSlot& slot) {
  const auto found = requests_.find(position);
  if (found == requests_.end()) return;
  const Request& request = found->second;
  CommitEffects::Reply reply;
  reply.request = request.number;
  reply.slot = position;
  reply.hlc = slot.hlc;
  if (!slot.decided) {
    reply.text = "decided: the database's log has it, empty if it was aborted";
  } else if (*slot.decided) {
    reply.outcome = CommitOutcome::kCommitted;
  } else {
    reply.outcome = outcome_of(request.refusal.reason);
    reply.by = request.refusal.by;
    reply.behind = request.refusal.reason == VoteReason::kBehind;
    reply.text = sentence(request.refusal.reason);
    // The slot's empty record must come into the database first, which needs the lock that the writer holds.
    if (request.in_place && reply.outcome == CommitOutcome::kBusy) reply.outcome = CommitOutcome::kConflict;
  }
  effects_->reply.push_back(std::move(reply));
  request_deadlines_.erase({request.deadline, position});
  requests_.erase(found);
}

void Commit::Impl::expire_requests() {
  std::erase_if(waiting_, [this](const Waiting& waiting) {
    if (time_.now < waiting.deadline) return false;
    refuse(waiting.input, CommitOutcome::kUnavailable,
           "the commit journal of this node did not answer in time");
    return true;
  });
  while (!request_deadlines_.empty() && request_deadlines_.begin()->first <= time_.now) {
    const Position position = request_deadlines_.begin()->second;
    request_deadlines_.erase(request_deadlines_.begin());
    CommitEffects::Reply reply;
    reply.request = requests_[position].number;
    reply.outcome = CommitOutcome::kUnknown;
    reply.slot = position;
    reply.hlc = slots_[position].hlc;
    reply.text = "not decided in time: it may or may not be committed; ask later";
    effects_->reply.push_back(std::move(reply));
    requests_.erase(position);
  }
}

}  // namespace murmel::core
