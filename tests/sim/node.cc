#include "tests/sim/node.h"

#include <algorithm>
#include <utility>

#include "agent/base/check.h"
#include "agent/core/vectors.h"
#include "tests/sim/quorum_app.h"
#include "tests/sim/serial_reader.h"

namespace murmel::sim {
namespace {

// Inputs of core::Sync after which the database's positions or its clock may be others.
bool moves_store(const core::SyncInput& input) {
  using namespace core::sync_input;
  return std::holds_alternative<Opened>(input) || std::holds_alternative<LocalChanges>(input) ||
         std::holds_alternative<Applied>(input) || std::holds_alternative<ApplyFailed>(input) ||
         std::holds_alternative<Durable>(input) || std::holds_alternative<SnapshotInstalled>(input);
}

constexpr Value kEqualRows = 3;  // so many values of the journal are written again and again
constexpr Duration kForEver = seconds(1000);

}  // namespace

std::string vector_text(const core::VersionVector& vector) {
  std::string text = "{";
  for (const auto& [origin, seq] : vector) {
    text += (text.size() > 1 ? " " : "") + std::to_string(origin) + ":" + std::to_string(seq);
  }
  return text + "}";
}

std::string node_address(NodeId id) {
  return "n" + std::to_string(id);
}

Uuid node_uuid(NodeId id) {
  Uuid uuid;
  uuid.bytes[15] = static_cast<std::uint8_t>(id);
  return uuid;
}

Node::Node(Shared& shared, NodeId id, std::unique_ptr<SimStore> store, std::vector<core::Member> known,
           std::vector<std::string> seeds)
    : shared_(shared),
      id_(id),
      store_(std::move(store)),
      known_(std::move(known)),
      seeds_(std::move(seeds)),
      app_(std::make_unique<QuorumApp>(shared, *this)),
      reader_(std::make_unique<SerialReader>(shared, *this)) {}

Node::~Node() = default;

void Node::trace(const std::string& line) const {
  if (shared_.world.tracing()) shared_.world.trace("node " + std::to_string(id_) + "  " + line);
}

WallMs Node::wall_ms() const {
  const std::int64_t ms = shared_.world.now().ns / 1'000'000;
  return kEpochMs + ms + offset_ms_ + ms * drift_ppm_ / 1'000'000;
}

void Node::set_clock(std::int64_t offset_ms, std::int64_t drift_ppm) {
  const WallMs before = wall_ms();
  offset_ms_ = offset_ms;
  drift_ppm_ = drift_ppm;
  set_back_ = std::max(set_back_, milliseconds(before - wall_ms()));
}

void Node::start() {
  INVARIANT(!running_ && !left_ && jobs_.empty());
  running_ = true;
  ++life_;
  told_caught_up_ = false;
  strangers_.clear();
  tail_planned_ = false;
  tick_at_ = kNever;
  writer_free_ = shared_.world.now();
  trace("starts with " + vector_text(store_->state().have));

  core::MembershipOptions members;
  members.self = id_;
  members.uuid = node_uuid(id_);
  members.address = node_address(id_);
  members.seeds = seeds_;
  members.known = known_;
  members.random_seed = shared_.world.random().next();
  members.mutation = core_mutation(shared_.bug);
  membership_ = std::make_unique<core::Membership>(members);

  core::SyncOptions sync;
  sync.self = id_;
  sync.mutation = core_mutation(shared_.bug);
  if (shared_.scenario.small_limits) {
    sync.push_window_bytes = 2'000;
    sync.pull_bytes = 1'000;
    sync.recent_bytes = 1'500;
    sync.apply_bytes = 1'000;
    sync.hold_back_bytes = 6'000;
  }
  sync_ = std::make_unique<core::Sync>(sync);
  if (has_database()) {
    store_->sync();  // what applications wrote while the node was down
    store_->tail();  // what is in the log already is served from there
  }
  attach();
  if (shared_.scenario.epochs()) open_epochs();
  if (shared_.scenario.quorum_percent > 0) open_commit();
  if (running_ && has_database()) step_sync(core::sync_input::Opened{store_->state()});
  if (running_) tell_members();
  if (running_ && !has_database()) step_members(core::member_input::CaughtUp{});
  if (running_) step_members(core::member_input::Tick{});
}

void Node::attach() {
  const std::uint64_t life = life_;
  Network::Endpoint endpoint;
  endpoint.up = [this, life](NodeId node) {
    if (life != life_ || !running_) return;
    step_members(core::member_input::LinkUp{node, node_uuid(node), node_address(node)});
    if (running_ && shared_.network.linked(id_, node)) step_sync(core::sync_input::PeerUp{node});
    if (running_ && shared_.network.linked(id_, node)) step_commit(core::commit_input::PeerUp{node});
    if (running_ && shared_.network.linked(id_, node))
      step_epochs(core::epoch_input::PeerUp{node, node_uuid(node)});
  };
  endpoint.down = [this, life](NodeId node) {
    if (life != life_ || !running_) return;
    step_epochs(core::epoch_input::PeerDown{node});
    step_commit(core::commit_input::PeerDown{node});
    step_sync(core::sync_input::PeerDown{node});
    if (running_) step_members(core::member_input::LinkDown{node});
  };
  endpoint.receive = [this, life](NodeId from, const Packet& packet) {
    if (life == life_ && running_) receive(from, packet);
  };
  shared_.network.attach(id_, std::move(endpoint));
}

void Node::crash() {
  if (!running_) return;
  running_ = false;
  ++life_;
  shared_.network.detach(id_);
  const Seq own_before = core::seq_of(store_->state().have, id_);
  store_->crash(shared_.world.random());
  for (auto& [history, journal] : journals_) journal.crash(shared_.world.random());
  commit_.reset();
  ++commit_life_;
  epochs_.reset();
  epoch_inputs_.clear();
  // Some of what was on its way may have reached the disk, in order.
  const std::size_t writes = epoch_writes_.size();
  for (auto n = writes == 0 ? 0 : shared_.world.random().below(writes + 1); n > 0; --n) {
    epoch_state_ = std::move(epoch_writes_.front().second);
    epoch_writes_.pop_front();
  }
  epoch_writes_.clear();
  locked_ = false;
  jobs_.clear();
  blocked_jobs_ = 0;
  app_->agent_died();
  const core::StoreState state = store_->state();
  trace("crashes; has " + vector_text(state.have));
  if (state.database_id == told_history_ && !core::covers(state.have, told_)) {
    shared_.world.violation("durability: node " + std::to_string(id_) + " has told of " + vector_text(told_) +
                            " and after a crash has " + vector_text(state.have));
  }
  std::erase_if(events_, [&](const Event& event) {
    return event.position.seq > core::seq_of(state.have, event.position.origin);
  });
  const Seq own = core::seq_of(state.have, id_);
  if (own == own_before) return;
  shared_.oracle.take_back(state.database_id, id_, own + 1);
}

void Node::leave() {
  if (!running_) return;
  trace("leaves");
  tail();
  if (!running_) return;
  shared_.joins = true;  // what does not arrive any more is below later watermarks
  step_members(core::member_input::Leave{});
  if (!running_) return;
  running_ = false;
  left_ = true;
  app_->agent_died();
  const std::uint64_t life = ++life_;
  // The goodbye is on its way; the links close behind it.
  shared_.world.after(seconds(1), [this, life] {
    if (life == life_) shared_.network.detach(id_);
  });
}

void Node::step_sync(core::SyncInput input) {
  if (!running_) return;
  if (!has_database()) return step_witness(std::move(input));
  core::SyncEffects effects;
  const bool moves = moves_store(input);
  sync_->step(time(), std::move(input), effects);
  run_effects(effects);
  tell_strangers();
  if (moves) tell_commit();
  if (!running_) return;
  if (!told_caught_up_ && sync_->caught_up()) {
    told_caught_up_ = true;
    step_members(core::member_input::CaughtUp{});
  }
  plan_ticks();
}

void Node::step_members(core::MemberInput input) {
  if (!running_) return;
  core::MemberEffects effects;
  membership_->step(time(), std::move(input), effects);
  run_effects(effects);
  if (running_) plan_ticks();
}

void Node::plan_ticks() {
  Instant at = std::min(sync_->wake_at(), membership_->wake_at());
  if (commit_) at = std::min(at, commit_->wake_at());
  if (epochs_) at = std::min(at, epochs_->wake_at());
  at = std::max(at, shared_.world.now());
  if (at >= tick_at_ || at == kNever) return;
  tick_at_ = at;
  shared_.world.after(at - shared_.world.now(), [this, at, life = life_] {
    if (life != life_ || !running_ || at != tick_at_) return;
    tick_at_ = kNever;
    step_sync(core::sync_input::Tick{});
    step_members(core::member_input::Tick{});
    step_commit(core::commit_input::Tick{});
    step_epochs(core::epoch_input::Tick{});
  });
}

bool Node::crash_now() {
  if (!shared_.faults || !shared_.world.random().chance(shared_.scenario.crash_at_effect_permille, 1000))
    return false;
  crash();
  return true;
}

void Node::receive(NodeId from, const Packet& packet) {
  if (const auto* swim = std::get_if<core::SwimMessage>(&packet)) {
    return step_members(core::member_input::Received{from, *swim});
  }
  if (const auto* commit = std::get_if<core::CommitMessage>(&packet)) {
    return step_commit(core::commit_input::Received{from, *commit});
  }
  if (const auto* epoch = std::get_if<core::EpochMessage>(&packet)) {
    return step_epochs(core::epoch_input::Received{from, *epoch});
  }
  step_sync(core::sync_input::Received{from, std::get<core::Message>(packet)});
}

void Node::run_effects(core::SyncEffects& effects) {
  for (const std::string& text : effects.report) trace("reports: " + text);
  for (const auto& send : effects.send) {
    if (crash_now()) return;
    if (const auto* have = std::get_if<core::Have>(&send.message)) {
      if (have->database_id != told_history_) told_.clear();
      told_history_ = have->database_id;
      core::raise(told_, have->vector);
    }
    for (const NodeId to : send.to) shared_.network.send(id_, to, send.message);
  }
  if (effects.adopt) job([this, id = *effects.adopt] { adopt(id); });
  if (effects.want_snapshot) fetch_snapshot(*effects.want_snapshot);
  if (effects.set_watermark) {
    job([this, watermark = *effects.set_watermark] {
      check_watermark(watermark.hlc);
      store_->set_watermark(watermark);
    });
  }
  if (!effects.apply.empty()) job([this, changes = std::move(effects.apply)] { apply(changes); });
  if (effects.sync) job([this] { make_durable(); });
  for (const auto& read : effects.read_range) {
    job([this, read] {
      RangeAnswer answer = store_->read_range(read.origin, read.from, read.bytes_max);
      step_sync(core::sync_input::RangeRead{read.request, std::move(answer.changes), answer.gone,
                                            answer.first_kept});
    });
  }
  if (effects.set_trim) job([this, trim_now = *effects.set_trim] { trim(trim_now); });
}

void Node::run_effects(core::MemberEffects& effects) {
  for (const std::string& text : effects.report) trace("reports: " + text);
  for (const auto& send : effects.send) shared_.network.send(id_, send.to, send.message);
  for (const std::string& address : effects.dial) {
    shared_.network.dial(id_, static_cast<NodeId>(std::stoul(address.substr(1))));
  }
  for (const NodeId node : effects.refuse) shared_.network.close(id_, node);
  if (effects.changed.empty()) return;
  for (const core::Member& member : effects.changed) {
    trace("believes node " + std::to_string(member.id) + " " + core::member_state_name(member.state) + " " +
          std::to_string(member.incarnation));
  }
  known_ = membership_->members();
  tell_members();
}

// Of a voter that has left, or was taken out, decided slots may still come.
void Node::tell_members() {
  std::vector<NodeId> members = membership_->counted();
  if (commit_) {
    const core::Epoch epoch = epochs_ ? epochs_->epoch() : shared_.epoch(id_);
    members.insert(members.end(), epoch.voters.begin(), epoch.voters.end());
    members.insert(members.end(), authors_.begin(), authors_.end());
    for (const NodeId witness : witnesses()) std::erase(members, witness);
    std::sort(members.begin(), members.end());
    members.erase(std::unique(members.begin(), members.end()), members.end());
  }
  step_sync(core::sync_input::Members{std::move(members)});
}

// The agent has one thread for a database: its jobs run in the order in which they were given, also around a
// lock that an application holds meanwhile. (A watermark that moves down has to come before the change sets
// it moves for.)
void Node::job(std::function<void()> work) {
  jobs_.push_back(std::move(work));
  plan_job();
}

// Each call lets the oldest job run, some time from now.
void Node::plan_job() {
  const Instant start = std::max(writer_free_, shared_.world.now());
  writer_free_ = start + shared_.world.between(microseconds(20), shared_.scenario.disk_max);
  shared_.world.after(writer_free_ - shared_.world.now(), [this, life = life_] {
    if (life != life_ || !running_ || crash_now()) return;
    if (locked_) {
      ++blocked_jobs_;
      return;
    }
    const std::function<void()> work = std::move(jobs_.front());
    jobs_.pop_front();
    work();
  });
}

void Node::write() {
  if (left_ || locked_ || !has_database()) return;
  Random& random = shared_.world.random();
  const Scenario& s = shared_.scenario;
  std::vector<Op> ops(1 + random.below(s.ops_max));
  const auto key = [&] {
    if (s.hot_keys > 0 && random.chance(1, 2)) return static_cast<Key>(random.below(s.hot_keys));
    return static_cast<Key>(random.below(s.keys));
  };
  for (Op& op : ops) {
    const auto percent = random.below(100);
    op.key = key();
    op.value = shared_.next_value++;
    if (percent < s.delete_percent) {
      op.kind = OpKind::kDelete;
    } else if (percent < s.delete_percent + s.move_percent) {
      op.kind = OpKind::kMove;
      op.new_key = op.key + 1000;
    } else if (percent > 90) {
      op.kind = percent > 93 ? OpKind::kAppend : OpKind::kTake;
      if (percent < 98) op.value = random.below(kEqualRows);  // else it is the only one
    }
  }
  store_->commit(ops, wall_ms());
  note_own_records();
  trace("application commits " + std::to_string(ops.size()) + " rows, own seq " +
        std::to_string(core::seq_of(store_->state().have, id_)));
  if (running_) tail_soon(shared_.world.between(microseconds(50), milliseconds(2)));
}

// Own records that are new since the last look, for the oracle.
void Node::note_own_records(Event::Kind kind) {
  const core::StoreState state = store_->state();
  const auto last = std::find_if(events_.rbegin(), events_.rend(),
                                 [this](const Event& event) { return event.position.origin == id_; });
  const Seq known =
      std::max(last == events_.rend() ? 0 : last->position.seq, core::seq_of(state.trimmed, id_));
  for (const auto& change : store_->read_range(id_, known + 1, INT64_MAX).changes) {
    const std::string wrong = shared_.oracle.note(state.database_id, change, store_->decode(change));
    if (!wrong.empty()) shared_.world.violation(wrong);
    events_.push_back({kind, {change.origin, change.seq}, {}, {}});
  }
}

void Node::tail_soon(Duration delay) {
  if (tail_planned_) return;
  tail_planned_ = true;
  shared_.world.after(delay, [this, life = life_] {
    if (life != life_ || !running_) return;
    tail_planned_ = false;
    job([this] { tail(); });
  });
}

void Node::tail() {
  std::vector<core::ChangeSet> changes = store_->tail();
  if (changes.empty() || crash_now()) return;
  if (shared_.bug != PlantedBug::kSendBeforeDurable) store_->sync();
  if (!crash_now()) step_sync(core::sync_input::LocalChanges{std::move(changes)});
}

void Node::make_durable() {
  if (shared_.bug != PlantedBug::kAckBeforeDurable) store_->sync();
  const core::StoreState state = store_->state();
  if (!crash_now()) step_sync(core::sync_input::Durable{state.have, state.clock});
}

void Node::apply(const std::vector<core::ChangeSet>& changes) {
  Random& random = shared_.world.random();
  std::size_t count = changes.size();
  const bool fails = shared_.faults && random.chance(shared_.scenario.apply_fails_permille, 1000);
  if (fails) {
    count = random.below(changes.size());
    while (count > 0 && changes[count - 1].more) --count;
  }
  const core::StoreState before = store_->state();
  for (const core::ChangeSet& change : changes) {
    const std::string wrong = shared_.oracle.note(before.database_id, change, store_->decode(change));
    if (!wrong.empty()) shared_.world.violation(wrong + ", seen by node " + std::to_string(id_));
    const bool own = node_of_origin(change.origin) == id_;  // stamped here, before the clock was set right
    if (!own && core::too_far_ahead(change.hlc, wall_ms(), core::kMaxClockOffset + set_back_)) {
      shared_.world.violation("clock: node " + std::to_string(id_) + " applies a stamp from the future");
    }
  }
  const ApplyAnswer answer = store_->apply({changes.data(), count}, wall_ms());
  for (std::size_t i = 0; i < count; ++i) {
    const core::Position position{changes[i].origin, changes[i].seq};
    if (position.seq > core::seq_of(before.have, position.origin)) {
      events_.push_back({Event::Kind::kCommitted, position, {}, {}});
    }
  }
  trace("applied " + std::to_string(count) + " of " + std::to_string(changes.size()) + ", has " +
        vector_text(answer.have));
  if (crash_now()) return;
  if (!fails) return step_sync(core::sync_input::Applied{answer.have, answer.clock});
  const bool whole = random.chance(1, 2);
  const core::Position at =
      whole ? core::Position{} : core::Position{changes[count].origin, changes[count].seq};
  step_sync(core::sync_input::ApplyFailed{at, whole ? ErrorCode::kFull : ErrorCode::kInternal,
                                          "planned failure", answer.have, answer.clock});
}

void Node::trim(const core::SyncEffects::Trim& trim) {
  TrimLimits limits{shared_.scenario.trim_min_age, shared_.scenario.trim_max_age};
  // A node that trims its log before it has met the others can't give way to their history any more.
  if (history() != shared_.founders) limits = {kForEver, kForEver};
  const core::StoreState before = store_->state();
  const core::VersionVector trimmed = store_->trim(trim, limits, wall_ms());
  if (trimmed != before.trimmed) {
    events_.push_back({Event::Kind::kTrimmed, {}, trimmed, before.watermark.hlc});
  }
  if (!trimmed.empty()) step_sync(core::sync_input::Trimmed{trimmed});
}

void Node::adopt(const Uuid& id) {
  trace("adopts history " + id.to_string());
  store_->adopt(id);
  store_->sync();  // an application may have written meanwhile: then this is what others are told
  shared_.joins = true;
  begin_history();
  step_sync(core::sync_input::Opened{store_->state()});
}

void Node::fetch_snapshot(NodeId donor) {
  trace("fetches a snapshot from node " + std::to_string(donor));
  World& world = shared_.world;
  const Duration transfer = world.between(milliseconds(5), milliseconds(400));
  const auto fail = [this] { step_sync(core::sync_input::SnapshotFailed{"planned failure"}); };
  world.after(transfer, [this, donor, fail, transfer, life = life_] {
    if (life != life_ || !running_) return;
    Node* giver = shared_.node(donor);
    const bool broken =
        shared_.faults && shared_.world.random().chance(shared_.scenario.snapshot_fails_percent, 100);
    if (broken || giver == nullptr || !giver->running() || !shared_.network.linked(id_, donor)) return fail();
    giver->store().sync();
    const std::shared_ptr<Snapshot> snapshot = giver->store().make_snapshot();
    shared_.world.after(transfer, [this, snapshot, events = giver->events_, life] {
      if (life != life_ || !running_) return;
      job([this, snapshot, events] { install(*snapshot, events); });
    });
  });
}

void Node::install(const Snapshot& snapshot, const std::vector<Event>& events_of_donor) {
  const Uuid before = history();
  conflicts_before_ = store_->conflicts();
  store_->install_snapshot(snapshot, wall_ms());
  const core::StoreState state = store_->state();
  trace("installs a snapshot, has " + vector_text(state.have));
  const std::vector<Event> own_events = std::exchange(events_, events_of_donor);
  core::VersionVector of_donor;
  for (const Event& event : events_) core::raise(of_donor, event.position);
  events_.push_back({Event::Kind::kSnapshot, {}, {}, {}});
  if (state.database_id != before) {
    shared_.joins = true;
  } else {
    for (Event event : own_events) {
      if (event.position.seq <= core::seq_of(of_donor, event.position.origin)) continue;
      event.kind = Event::Kind::kAgain;
      events_.push_back(event);
    }
  }
  note_own_records(Event::Kind::kAgain);
  told_.clear();
  if (crash_now()) return;
  begin_history();
  step_sync(core::sync_input::SnapshotInstalled{store_->state()});
}

}  // namespace murmel::sim
