#include "tests/sim/quorum_app.h"

#include <algorithm>
#include <utility>

#include "agent/core/vectors.h"
namespace murmel::sim {
namespace {

constexpr int kAttemptsMax = 6;
constexpr std::uint32_t kNames = 12;
constexpr Duration kAnswerSlack = milliseconds(300);  // after the time-out that was asked for

// What a claim is of.
constexpr std::uint64_t kRow = 0;
constexpr std::uint64_t kName = 1;
constexpr std::uint64_t kParent = 2;

core::Claim claim_of(std::uint64_t kind, std::uint64_t key) {
  Random hash(kind << 40 ^ key);
  return hash.next();
}

}  // namespace

Value QuorumApp::read(const Content& content, Key key, QuorumTransaction& t) const {
  const auto found = content.rows.find(key);
  const Value value = found == content.rows.end() ? 0 : found->second;
  t.reads[key] = value;
  return value;
}

void QuorumApp::plan_counters(const Content& content, QuorumTransaction& t) {
  Random& random = shared_.world.random();
  const Scenario& s = shared_.scenario;
  for (std::uint64_t i = 1 + random.below(3); i > 0; --i) {
    const Key key = kCounterKeys + static_cast<Key>(random.below(s.quorum_keys));
    if (t.reads.contains(key)) continue;
    const Value before = read(content, key, t);
    if (t.read_only || random.chance(1, 3)) continue;
    // Now and then a value that nobody else must ever see.
    if (shared_.next_value % 8 == 0) t.ops.push_back({OpKind::kPut, key, 0, fresh(kIntermediate)});
    t.ops.push_back({OpKind::kPut, key, 0, fresh((content_of(before) + 1) & 0xfffff)});
  }
  if (!t.read_only && random.chance(1, 4)) {  // a row that others write at ONE
    t.ops.push_back({OpKind::kPut, static_cast<Key>(random.below(s.keys)), 0, shared_.next_value++});
  }
}

void QuorumApp::plan_transfer(const Content& content, QuorumTransaction& t) {
  Random& random = shared_.world.random();
  const Key from = kAccountKeys + static_cast<Key>(random.below(shared_.scenario.quorum_keys + 1));
  const Key to = kAccountKeys + static_cast<Key>(random.below(shared_.scenario.quorum_keys + 1));
  if (from == to) return;
  const auto balance = [&](Key key) {
    const Value value = read(content, key, t);
    return value == 0 ? kNoBalance : content_of(value);
  };
  const std::uint32_t sum = static_cast<std::uint32_t>(random.below(10));
  const std::uint32_t left = balance(from) - sum;
  t.ops.push_back({OpKind::kPut, from, 0, fresh(left)});
  t.ops.push_back({OpKind::kPut, to, 0, fresh(balance(to) + sum)});
}

// A row with a value of its own, by which the transaction is known: a delete has none.
void QuorumApp::count_up(const Content& content, QuorumTransaction& t) {
  const Key counter =
      kCounterKeys + static_cast<Key>(shared_.world.random().below(shared_.scenario.quorum_keys));
  const Value before = read(content, counter, t);
  t.ops.push_back({OpKind::kPut, counter, 0, fresh((content_of(before) + 1) & 0xfffff)});
}

// Takes a name that nobody has, or gives one back.
void QuorumApp::plan_name(const Content& content, QuorumTransaction& t) {
  Random& random = shared_.world.random();
  const auto name = static_cast<std::uint32_t>(random.below(kNames));
  count_up(content, t);
  for (auto it = content.rows.lower_bound(kNameKeys); it != content.rows.end() && it->first < kParentKeys;
       ++it) {
    if (content_of(it->second) != name) continue;
    t.ops.push_back({OpKind::kDelete, it->first, 0, it->second});
    return;
  }
  const Key row = kNameKeys + static_cast<Key>(shared_.next_value % 90'000);
  t.ops.push_back({OpKind::kPut, row, 0, fresh(name)});
}

// Makes a parent, gives it a child, or takes it away with its children.
void QuorumApp::plan_family(const Content& content, QuorumTransaction& t) {
  Random& random = shared_.world.random();
  const auto place = static_cast<std::uint32_t>(random.below(shared_.scenario.families));
  const Key parent = kParentKeys + place;
  count_up(content, t);
  const auto found = content.rows.find(parent);
  if (found == content.rows.end()) {
    t.ops.push_back({OpKind::kPut, parent, 0, fresh(0)});
  } else if (random.chance(2, 3)) {
    const Key row = kChildKeys + static_cast<Key>(shared_.next_value % 90'000);
    t.ops.push_back({OpKind::kPut, row, 0, fresh(place)});
  } else {
    t.ops.push_back({OpKind::kDelete, parent, 0, found->second});
    for (auto it = content.rows.lower_bound(kChildKeys);
         it != content.rows.end() && it->first < kQuorumKeysEnd; ++it) {
      if (content_of(it->second) == place) t.ops.push_back({OpKind::kDelete, it->first, 0, it->second});
    }
  }
}

// A change of the schema, which here is a row that every transaction reads; the next one depends on it.
void QuorumApp::plan_schema(const Content& content, QuorumTransaction& t) {
  t.schema_change = true;
  const Value before = read(content, kSchemaKey, t);
  t.ops.push_back({OpKind::kPut, kSchemaKey, 0, fresh((content_of(before) + 1) & 0xfffff)});
  if (shared_.world.random().chance(1, 2)) plan_counters(content, t);  // and fills what it made
}

QuorumTransaction QuorumApp::plan(const Content& content) {
  QuorumTransaction t;
  t.node = node_.id();
  const std::uint32_t schema_permille = shared_.scenario.schema_permille;
  if (schema_permille > 0 && shared_.world.random().chance(schema_permille, 1000)) {
    plan_schema(content, t);
    return t;
  }
  const std::uint64_t kind = shared_.world.random().below(10);
  t.read_only = kind == 0;
  if (kind < 6) {
    plan_counters(content, t);
  } else if (kind >= 8 && shared_.scenario.families > 0) {
    plan_family(content, t);
  } else if (kind < 9) {
    plan_transfer(content, t);
  } else {
    plan_name(content, t);
  }
  return t;
}

core::Transaction QuorumApp::build(const QuorumTransaction& t) {
  const core::StoreState state = node_.store().state();
  core::Transaction transaction;
  transaction.change.hlc = core::Hlc::next(state.clock, node_.wall_ms());
  transaction.change.rows = node_.store().encode(t.ops);
  transaction.seen = state.have;
  for (const auto& [origin, seq] : state.have) transaction.change.depends.push_back({origin, seq});
  std::set<core::Claim> claims;
  std::set<core::Claim> shared;
  for (const Op& op : t.ops) {
    const bool put = op.kind == OpKind::kPut;
    claims.insert(claim_of(kRow, op.key));
    if (op.key >= kNameKeys && op.key < kParentKeys) claims.insert(claim_of(kName, content_of(op.value)));
    if (op.key >= kParentKeys && op.key < kChildKeys && !put) claims.insert(claim_of(kParent, op.key));
    if (op.key >= kChildKeys && op.key < kQuorumKeysEnd && put) {
      shared.insert(claim_of(kParent, kParentKeys + content_of(op.value)));
    }
  }
  if (t.schema_change) claims = {core::kWholeDatabase};
  transaction.claims.assign(claims.begin(), claims.end());
  transaction.shared.assign(shared.begin(), shared.end());
  return transaction;
}

// Each by its name or by a number that means the same, as long as the voters are those of the beginning.
core::CommitLevel QuorumApp::a_level() {
  const bool by_number = shared_.next_request % 2 == 0;
  const std::uint32_t nodes = shared_.scenario.nodes;
  if (shared_.world.random().chance(1, 10)) {
    return by_number && nodes == 3 ? core::CommitLevel::kThree : core::CommitLevel::kAll;
  }
  if (!by_number || nodes < 2) return core::CommitLevel::kQuorum;
  return nodes < 4 ? core::CommitLevel::kTwo : core::CommitLevel::kThree;
}

void QuorumApp::begin(int attempt) {
  if (!node_.running() || node_.locked()) return;
  QuorumTransaction t = plan(node_.store().content());
  t.history = node_.store().state().database_id;
  if (t.ops.empty()) {
    if (t.read_only) shared_.commits.add(std::move(t));
    return;
  }
  Random& random = shared_.world.random();
  const Scenario& s = shared_.scenario;
  Open open;
  open.attempt = attempt;
  open.propose.in_place = random.chance(s.in_place_percent, 100);
  open.propose.level = a_level();
  open.propose.timeout = s.quorum_timeout;
  open.propose.transaction = build(t);
  t.seen = open.propose.transaction.seen;
  open.entry = shared_.commits.add(std::move(t));
  if (open.propose.in_place) node_.lock();
  // Time passes in which the application thinks; a speculative one may have old rows then.
  const Duration think = random.chance(1, 2) ? Duration{} : shared_.world.between({}, milliseconds(8));
  shared_.world.after(think, [this, open = std::move(open), life = node_.life()] {
    if (life == node_.life()) propose(open);
  });
}

void QuorumApp::propose(Open open) {
  const std::uint64_t life = node_.life();
  const std::uint64_t request = open.propose.request = shared_.next_request++;
  if (!open.propose.in_place) follow_what_is_here(open.propose.transaction);
  core::commit_input::Propose input = open.propose;
  open_[request] = std::move(open);
  shared_.world.after(input.timeout + kAnswerSlack, [this, request, life] {
    if (life != node_.life() || !open_.contains(request)) return;
    shared_.world.violation("liveness: node " + std::to_string(node_.id()) + " gave no answer in time");
  });
  const bool minority = !node_.reaches_majority();
  node_.propose(std::move(input));
  if (minority && node_.life() == life && open_.contains(request)) {
    shared_.world.violation("availability: node " + std::to_string(node_.id()) +
                            " reaches a minority and does not refuse at once");
  }
}

// What it has read may be older: that is for the voters to judge by `seen`.
void QuorumApp::follow_what_is_here(core::Transaction& transaction) {
  const core::StoreState state = node_.store().state();
  transaction.change.hlc = core::Hlc::next(state.clock, node_.wall_ms());
  transaction.change.depends.clear();
  for (const auto& [origin, seq] : state.have) transaction.change.depends.push_back({origin, seq});
  if (shared_.bug == PlantedBug::kSeenAnew) transaction.seen = state.have;
}

void QuorumApp::answered(const core::CommitEffects::Reply& reply) {
  const auto found = open_.find(reply.request);
  if (found == open_.end()) return;
  Open open = std::move(found->second);
  open_.erase(found);
  Random& random = shared_.world.random();
  QuorumTransaction& t = shared_.commits.at(open.entry);
  const bool busy = reply.outcome == core::CommitOutcome::kBusy;
  const bool committed = reply.outcome == core::CommitOutcome::kCommitted;
  if (busy && reply.slot.seq == 0 && open.attempt < kAttemptsMax && shared_.faults) {  // as it is, once more
    ++open.attempt;
    shared_.world.after(shared_.world.between(milliseconds(1), milliseconds(20)),
                        [this, open = std::move(open), life = node_.life()] {
                          if (life == node_.life()) propose(open);
                        });
    return;
  }
  if (committed && reply.slot.seq > 0) core::raise(shared_.acknowledged[t.history], reply.slot);
  t.outcome = reply.outcome;
  t.slot = reply.slot;
  if (open.propose.in_place) {
    if (committed && !random.chance(1, 20)) return finish_in_place(open.propose.transaction, reply);
    node_.unlock();  // rolled back; if it is committed after all, the agent applies it
  }
  if (!committed && reply.outcome != core::CommitOutcome::kUnknown) try_again(open.attempt + 1);
}

void QuorumApp::finish_in_place(core::Transaction transaction, const core::CommitEffects::Reply& reply) {
  transaction.change.origin = reply.slot.origin;
  transaction.change.seq = reply.slot.seq;
  transaction.change.hlc = reply.hlc;
  const Duration wait = shared_.world.between({}, milliseconds(2));
  shared_.world.after(wait, [this, change = std::move(transaction.change), life = node_.life()] {
    if (life != node_.life()) return;
    node_.commit_decided(change);
    node_.unlock();
  });
}

void QuorumApp::try_again(int attempt) {
  if (attempt > kAttemptsMax || !shared_.faults) return;
  shared_.world.after(shared_.world.between(milliseconds(1), milliseconds(5) * attempt),
                      [this, attempt, life = node_.life()] {
                        if (life == node_.life() && shared_.faults) begin(attempt);
                      });
}

void QuorumApp::agent_died() {
  open_.clear();
}

}  // namespace murmel::sim
