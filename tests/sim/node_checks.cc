// Node: comparing a database with what the oracle knows.
#include "agent/core/vectors.h"
#include "tests/sim/node.h"

namespace murmel::sim {

void Node::check_content() {
  if (!has_database()) return;
  const core::StoreState state = store_->state();
  const std::string who = "node " + std::to_string(id_);
  const std::string cut = shared_.oracle.cut_transaction(state.database_id, state.have);
  if (!cut.empty())
    return shared_.world.violation("atomicity: " + who + " stops inside the transaction at " + cut);
  const Content expected = shared_.oracle.expected(state.database_id, state.have);
  const std::string wrong = difference(store_->content(), expected);
  if (!wrong.empty()) return shared_.world.violation("content: at " + who + " " + wrong);
  const std::string broken = CommitHistory::check_content(store_->content());
  if (!broken.empty()) shared_.world.violation("content: at " + who + " " + broken);
}

void Node::check_conflicts() {
  if (!has_database()) return;
  const std::int64_t lost = shared_.oracle.conflicts(history(), id_, events_);
  const std::int64_t counted = store_->conflicts() - conflicts_before_;
  if (counted == lost) return;
  shared_.world.violation("conflicts: node " + std::to_string(id_) + " counted " + std::to_string(counted) +
                          " of " + std::to_string(lost) + " lost concurrent writes");
}

void Node::check_reads() {
  if (!running_ || !commit_ || !has_database()) return;
  const core::Epoch epoch = commit_->status().epoch;
  for (const auto& [origin, seq] : shared_.acknowledged[history()]) {
    std::size_t ignorant = 0;
    for (const NodeId id : epoch.voters) {
      const Node* voter = shared_.node(id);
      if (voter == nullptr || !voter->running_ || !voter->commit_ || voter->commit_history_ != history())
        continue;
      const auto known = voter->commit_->known_in(epoch.number);
      if (known && core::seq_of(*known, origin) < seq) ++ignorant;
    }
    if (ignorant == 0 || ignorant < epoch.voters.size() / 2 + 1) continue;
    return shared_.world.violation("fresh reads: a majority of those whom node " + std::to_string(id_) +
                                   " asks has not heard of " + position_name({origin, seq}) +
                                   ", which was acknowledged");
  }
}

// Every member that counts has everything at or below the watermark. Not demanded once somebody joined whom
// the others did not know: then the watermark may have to move down again.
void Node::check_watermark(core::Hlc watermark) {
  if (shared_.joins || watermark.value == 0) return;
  for (const core::Member& member : membership_->members()) {
    if (member.state == core::MemberState::kLeft) continue;
    Node* other = shared_.node(member.id);
    if (other == nullptr || !other->has_database() || other->history() != history()) continue;
    const std::string missing =
        shared_.oracle.missing_below(history(), watermark, other->store().state().have);
    if (missing.empty()) continue;
    shared_.world.violation("watermark: node " + std::to_string(id_) + " passed " + missing +
                            ", which node " + std::to_string(member.id) + " does not have");
    return;
  }
}

}  // namespace murmel::sim
