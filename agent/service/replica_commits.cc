// Replica: transactions of this node's sessions (local_commits.h).
#include <utility>

#include "agent/service/replica.h"

namespace murmel::service {

// The loop hears of a group only afterwards, for the peers.
void Replica::open_local_commits() {
  const auto ask = [this] {
    const auto run = [this] {
      const bool wrote = local_commits_->run_group(
          [this](LocalCommits::Group group) { return jobs_.commit(group); },
          [this](std::span<const store::ToCertify> group) { return jobs_.certify(group); });
      if (wrote) INVARIANT(loop_.post([this] { wake(); }));
    };
    if (!worker_->run_here(run)) worker_->post(run);
  };
  local_commits_->open(ask, [this](core::commit_input::Propose proposal, const LocalCommits::Reply& reply) {
    auto propose = [this, proposal = std::move(proposal), reply]() mutable {
      propose_local(std::move(proposal), reply);
    };
    if (!loop_.post(std::move(propose))) reply(Error{ErrorCode::kBusy, "the agent is busy"}, false);
  });
}

void Replica::propose_local(core::commit_input::Propose proposal, LocalCommits::Reply reply) {
  if (state_ != ReplicaState::kOpen) {
    return reply(Error{ErrorCode::kUnavailable, "the database is not open"}, false);
  }
  commit_.propose(std::move(proposal),
                  [this, reply = std::move(reply)](const auto& decision) { decided_local(decision, reply); });
}

void Replica::decided_local(const core::CommitEffects::Reply& decision, const LocalCommits::Reply& reply) {
  using core::CommitOutcome;
  const auto refuse = [&](ErrorCode code) { reply(Error{code, decision.text}, decision.behind); };
  switch (decision.outcome) {
    case CommitOutcome::kCommitted:
      not_applied_.emplace_back(decision.slot, reply);
      return answer_applied(false);
    case CommitOutcome::kBusy:
      // With a number used up it can't be asked again as it is.
      return refuse(decision.slot.seq == 0 ? ErrorCode::kBusy : ErrorCode::kConflict);
    case CommitOutcome::kAborted:
    case CommitOutcome::kConflict: return refuse(ErrorCode::kConflict);
    case CommitOutcome::kUnavailable: return refuse(ErrorCode::kUnavailable);
    case CommitOutcome::kRefused: return refuse(ErrorCode::kRefused);
    case CommitOutcome::kUnknown: return refuse(ErrorCode::kTimeout);
  }
}

// It is committed whether it is applied here or not, so nobody is kept waiting by a database that closes.
void Replica::answer_applied(bool all) {
  std::erase_if(not_applied_, [&](const auto& waiting) {
    const auto& [slot, reply] = waiting;
    if (!all && core::seq_of(sync_->store().have, slot.origin) < slot.seq) return false;
    reply(Ok{}, false);
    return true;
  });
}

}  // namespace murmel::service
