// Node: the host of core::Epochs.
#include <utility>

#include "tests/sim/node.h"

namespace murmel::sim {
namespace {

constexpr std::uint64_t kOperator = 1;  // number of the request; several at once may share it

}  // namespace

void Node::open_epochs() {
  const Scenario& s = shared_.scenario;
  core::EpochOptions options;
  options.self = id_;
  options.uuid = node_uuid(id_);
  options.random_seed = shared_.world.random().next();
  options.recovery_timeout = milliseconds(500);
  options.drain_timeout = seconds(2);
  if (s.eager_recovery) {  // time-outs about as short as a round trip
    options.recovery_timeout = s.delay_max * 2 + s.disk_max + milliseconds(1);
    options.drain_timeout = milliseconds(300);
  }
  options.mutation = core_mutation(shared_.bug);
  epochs_ = std::make_unique<core::Epochs>(options);
  stepping_epochs_ = false;
  step_epochs(core::epoch_input::Opened{epoch_state_});
  if (!running_) return;
  if (!epoch_state_ && id_ <= s.nodes && (id_ == 1 || !s.epochs_grow)) {
    core::epoch_input::Bootstrap begin{node_uuid(99), {}};
    for (NodeId node = 1; node <= s.nodes && !s.epochs_grow; ++node) {
      begin.members.push_back({node_uuid(node), node, 0, voting_role(s, node)});
    }
    step_epochs(std::move(begin));
  }
  if (running_) step_epochs(core::epoch_input::Join{voting_role(s, id_)});
}

// Inputs that come while effects are carried out wait for their end.
void Node::step_epochs(core::EpochInput input) {
  if (!running_ || !epochs_) return;
  epoch_inputs_.push_back(std::move(input));
  if (stepping_epochs_) return;
  stepping_epochs_ = true;
  const std::uint64_t life = life_;
  while (life == life_ && running_ && !epoch_inputs_.empty()) {
    core::EpochInput next = std::move(epoch_inputs_.front());
    epoch_inputs_.pop_front();
    core::EpochEffects effects;
    epochs_->step(time(), std::move(next), effects);
    run_effects(effects);
  }
  if (life != life_) return;
  stepping_epochs_ = false;
  if (running_) plan_ticks();
}

void Node::run_effects(core::EpochEffects& effects) {
  for (const std::string& text : effects.report) trace("reports: " + text);
  isolate_in_epochs(effects);
  if (effects.enter) enter_epoch(*effects.enter);
  if (!running_) return;
  const Uuid id = history();
  if (effects.fence) {
    trace("is fenced");
    step_commit(core::commit_input::Fenced{});
  }
  if (effects.drain && commit_) step_commit(core::commit_input::Drain{(*effects.drain)[id]});
  if (!running_) return;
  if (effects.ask_known && commit_) {
    core::Tips known{{id, commit_->known()}};
    for (const auto& [database, journal] : journals_) {
      if (database != id && !journal.known().empty()) known[database] = journal.known();
    }
    epoch_inputs_.push_back(core::epoch_input::Known{*effects.ask_known, std::move(known)});
  }
  for (const auto& question : effects.ask_held) {
    bool held = commit_ != nullptr;
    for (const auto& [database, tips] : question.tips) {
      held = held && database == id && commit_->holds(tips);
    }
    epoch_inputs_.push_back(core::epoch_input::Held{question.request, held});
  }
  if (effects.persist && crash_in_epochs()) return;
  if (effects.persist) write_epoch_state(*effects.persist, effects.persist_number);
  for (const auto& send : effects.send) {
    const bool small_talk = std::holds_alternative<core::EpochAt>(send.message);
    if (small_talk ? crash_now() : crash_in_epochs()) return;
    for (const NodeId to : send.to) shared_.network.send(id_, to, send.message);
  }
  for (const auto& reply : effects.reply) {
    trace("members: outcome " + std::to_string(static_cast<int>(reply.outcome)) + " " + reply.text);
  }
}

void Node::write_epoch_state(const core::EpochState& state, std::uint64_t number) {
  epoch_writes_.emplace_back(number, state);
  const Duration takes = shared_.world.between(microseconds(20), shared_.scenario.disk_max * 2);
  shared_.world.after(takes, [this, number, life = life_] {
    if (life != life_ || !running_ || crash_in_epochs()) return;
    while (!epoch_writes_.empty() && epoch_writes_.front().first <= number) {
      epoch_state_ = std::move(epoch_writes_.front().second);
      epoch_writes_.pop_front();
    }
    if (!crash_in_epochs()) step_epochs(core::epoch_input::Persisted{number});
  });
}

void Node::enter_epoch(const core::EpochRecord& record) {
  trace("enters epoch " + std::to_string(record.number));
  const auto [first, added] = shared_.epochs.try_emplace(record.number, record);
  if (!added && first->second != record) {
    shared_.world.violation("two epochs with number " + std::to_string(record.number) + ", one at node " +
                            std::to_string(id_));
  }
  tell_epoch();
}

void Node::tell_epoch() {
  if (!running_) return;
  if (!shared_.scenario.epochs()) return step_commit(core::commit_input::EpochChanged{shared_.epoch(id_)});
  step_commit(core::commit_input::EpochChanged{epochs_->epoch(), epochs_->tips(history())});
  if (running_ && epochs_->fenced()) step_commit(core::commit_input::Fenced{});
  if (running_) tell_members();
}

void Node::change_members(std::vector<core::EpochChange> changes) {
  core::epoch_input::Propose propose{kOperator, changes.front(), seconds(8), {}};
  propose.more.assign(changes.begin() + 1, changes.end());
  step_epochs(std::move(propose));
}

// The moments that matter most: a proposer does not reach somebody with its fence, or nobody with its
// decision.
void Node::isolate_in_epochs(const core::EpochEffects& effects) {
  World& world = shared_.world;
  if (!shared_.faults || shared_.scenario.epoch_crash_permille == 0 || !effects.persist) return;
  const std::vector<NodeId> linked = shared_.network.linked_to(id_);
  if (linked.empty()) return;
  const bool decides = effects.persist->head && !shared_.epochs.contains(effects.persist->head->number);
  if (decides && world.random().chance(1, 5)) {
    trace("reaches nobody");
    shared_.network.isolate(id_, {linked.begin(), linked.end()},
                            world.between(milliseconds(200), seconds(3)));
  } else if (effects.fence && world.random().chance(1, 3)) {
    const NodeId other = linked[world.random().below(linked.size())];
    trace("does not reach node " + std::to_string(other));
    shared_.network.isolate(id_, {other}, world.between(milliseconds(100), seconds(2)));
  }
}

// Comes back soon: what was said and forgotten matters most while the others go on.
bool Node::crash_in_epochs() {
  const std::uint32_t permille = shared_.scenario.epoch_crash_permille;
  if (!shared_.faults || !shared_.world.random().chance(permille, 1000)) return crash_now();
  crash();
  shared_.world.after(shared_.world.between(milliseconds(1), milliseconds(60)), [this, life = life_] {
    if (life == life_ && !running_ && !left_ && id_ != shared_.lost && shared_.faults) start();
  });
  return true;
}

}  // namespace murmel::sim
