#include "agent/core/commit_outgoing.h"

#include <algorithm>
#include <utility>

namespace murmel::core {
namespace {

// The message kinds in the order of CommitOutgoing::Item.
struct Batch {
  Prepare prepare;
  Votes votes;
  Accept accept;
  Accepted accepted;
  Recover recover;
  Promise promise;
  Decided decided;

  void add(Transaction item) { prepare.transactions.push_back(std::move(item)); }
  void add(Vote item) { votes.votes.push_back(item); }
  void add(Proposal item) { accept.proposals.push_back(item); }
  void add(Acceptance item) { accepted.acceptances.push_back(item); }
  void add(Recovery item) { recover.slots.push_back(item); }
  void add(Promised item) { promise.slots.push_back(item); }
  void add(Decision item) { decided.decisions.push_back(item); }
};

template <typename Message>
void emit(Message&& message, bool any, const Uuid& database_id, std::uint64_t epoch,
          std::vector<CommitMessage>& out) {
  if (!any) return;
  message.database_id = database_id;
  if constexpr (requires { message.epoch; }) message.epoch = epoch;
  out.emplace_back(std::forward<Message>(message));
}

std::vector<CommitMessage> messages(Batch&& b, const Uuid& id, std::uint64_t epoch) {
  std::vector<CommitMessage> out;
  emit(std::move(b.decided), !b.decided.decisions.empty(), id, epoch, out);
  emit(std::move(b.prepare), !b.prepare.transactions.empty(), id, epoch, out);
  emit(std::move(b.votes), !b.votes.votes.empty(), id, epoch, out);
  emit(std::move(b.accept), !b.accept.proposals.empty(), id, epoch, out);
  emit(std::move(b.accepted), !b.accepted.acceptances.empty(), id, epoch, out);
  emit(std::move(b.recover), !b.recover.slots.empty(), id, epoch, out);
  emit(std::move(b.promise), !b.promise.slots.empty(), id, epoch, out);
  return out;
}

}  // namespace

void CommitOutgoing::persisted(std::uint64_t number) {
  for (; !held_.empty() && held_.front().number <= number; held_.pop_front()) {
    ready_.push_back(std::move(held_.front().what));
  }
}

std::vector<CommitMessage> CommitOutgoing::flush(NodeId self, const Uuid& database_id, std::uint64_t epoch,
                                                 std::vector<CommitEffects::Send>& send) {
  std::map<std::vector<NodeId>, Batch> batches;
  Batch own;
  for (Ready& ready : ready_) {
    const auto mine = std::find(ready.to.begin(), ready.to.end(), self);
    if (mine != ready.to.end()) {
      ready.to.erase(mine);
      std::visit([&](const auto& item) { own.add(item); }, ready.item);
    }
    if (ready.to.empty()) continue;
    std::visit([&](auto& item) { batches[ready.to].add(std::move(item)); }, ready.item);
  }
  ready_.clear();
  for (auto& [to, batch] : batches) {
    for (CommitMessage& message : messages(std::move(batch), database_id, epoch)) {
      send.push_back({to, std::move(message)});
    }
  }
  return messages(std::move(own), database_id, epoch);
}

}  // namespace murmel::core
