#include "tests/sim/commit_journal_model.h"

#include <algorithm>

#include "agent/core/vectors.h"

namespace murmel::sim {
namespace {

namespace journal = core::journal;

// The slot that a record is about; 0: none.
struct SlotOf {
  core::Position operator()(const journal::Reserve&) const { return {}; }
  core::Position operator()(const journal::Yes& r) const {
    return {r.transaction.change.origin, r.transaction.change.seq};
  }
  core::Position operator()(const journal::PromiseGiven& r) const { return r.slot; }
  core::Position operator()(const journal::AcceptGiven& r) const { return r.proposal.slot; }
  core::Position operator()(const journal::Known& r) const { return r.decision.slot; }
  core::Position operator()(const journal::Forget& r) const { return r.up_to; }
};

}  // namespace

void JournalModel::sync(std::size_t count) {
  for (count = std::min(count, unsynced_.size()); count > 0; --count) {
    if (const auto* gone = std::get_if<journal::Forget>(&unsynced_.front())) forget(*gone);
    synced_.push_back(std::move(unsynced_.front()));
    unsynced_.pop_front();
  }
}

void JournalModel::forget(const journal::Forget& forget) {
  std::erase_if(synced_, [&](const journal::Record& record) {
    const core::Position slot = std::visit(SlotOf{}, record);
    return slot.origin == forget.up_to.origin && slot.seq <= forget.up_to.seq;
  });
}

core::VersionVector JournalModel::known() const {
  core::VersionVector known;
  for (const journal::Record& record : synced_) {
    const core::Position slot = std::visit(SlotOf{}, record);
    if (slot.seq > 0) core::raise(known, slot);
  }
  return known;
}

void JournalModel::crash(Random& random) {
  sync(random.below(unsynced_.size() + 1));
  unsynced_.clear();
}

}  // namespace murmel::sim
