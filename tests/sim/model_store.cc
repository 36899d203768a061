#include "tests/sim/model_store.h"

#include <algorithm>
#include <utility>

#include "agent/base/check.h"
#include "agent/core/inbox.h"
#include "agent/core/last_writer.h"
#include "agent/core/vectors.h"

namespace murmel::sim {
namespace {

constexpr std::int64_t kBugEvery = 7;  // planted bugs that strike "now and then"

bool is_bag_op(const Op& op) {
  return op.kind == OpKind::kAppend || op.kind == OpKind::kTake;
}

// Calls use(value, op) for each operation on the journal.
template <typename Use>
void for_each_bag_op(const core::ChangeSet& change, const std::vector<Op>& ops, Use use) {
  core::BagPlace place{{change.hlc, change.origin}, change.seq, 0};
  for (const Op& op : ops) {
    if (is_bag_op(op)) use(op.value, core::BagOp{place, op.kind == OpKind::kTake});
    ++place.index;
  }
}

// Calls use(key, deletes) for each write to the keyed table.
template <typename Use>
void for_each_write(const std::vector<Op>& ops, Use use) {
  for (const Op& op : ops) {
    if (is_bag_op(op)) continue;
    use(op.key, op.kind != OpKind::kPut);
    if (op.kind == OpKind::kMove) use(op.new_key, false);
  }
}

}  // namespace

core::RowKey row_key(std::uint64_t key) {
  Random hash(key);
  const std::uint64_t low = hash.next();
  return {low, hash.next()};
}

ModelStore::ModelStore(Options options, const Uuid& database_id, const Content& baseline)
    : options_(std::move(options)) {
  disk_.database_id = database_id;
  disk_.baseline = baseline != Content{};
  disk_.content = baseline;
}

core::StoreState ModelStore::state() {
  core::StoreState state;
  state.have = disk_.have;
  state.clock = disk_.clock;
  state.database_id = disk_.database_id;
  state.baseline = disk_.baseline;
  state.fresh = !disk_.baseline && disk_.have.empty();
  state.trimmed = disk_.trimmed;
  if (options_.bug != PlantedBug::kTrustWatermark) state.watermark = watermark_;
  return state;
}

void ModelStore::begin_step() {
  Undo undo;
  undo.have = disk_.have;
  undo.own_seen = disk_.own_seen;
  undo.bag_ops = disk_.bag_ops;
  undo.clock = disk_.clock;
  undo.conflicts = disk_.conflicts;
  undo.log_records = disk_.log.size();
  undo_.push_back(std::move(undo));
}

void ModelStore::take_back(const Undo& undo) {
  for (auto it = undo.rows.rbegin(); it != undo.rows.rend(); ++it) {
    if (it->second) {
      disk_.content.rows[it->first] = *it->second;
    } else {
      disk_.content.rows.erase(it->first);
    }
  }
  if (options_.bug != PlantedBug::kCursorApart) {
    for (const auto& [value, more] : undo.journal) {
      if ((disk_.content.journal[value] -= more) == 0) disk_.content.journal.erase(value);
    }
  }
  disk_.have = undo.have;
  disk_.own_seen = undo.own_seen;
  disk_.bag_ops = undo.bag_ops;
  disk_.clock = undo.clock;
  disk_.conflicts = undo.conflicts;
  disk_.log.resize(undo.log_records);
}

void ModelStore::crash(Random& random) {
  std::uint64_t lost = random.below(undo_.size() + 1);
  for (; lost > 0; --lost) {
    take_back(undo_.back());
    undo_.pop_back();
  }
  undo_.clear();
  tailed_ = core::seq_of(disk_.have, options_.node);
  rebuild(disk_.watermark);
}

void ModelStore::remember(Key key) {
  const auto found = disk_.content.rows.find(key);
  undo_.back().rows.emplace_back(
      key, found == disk_.content.rows.end() ? std::nullopt : std::optional(found->second));
}

void ModelStore::write(const Op& op) {
  if (is_bag_op(op)) {
    undo_.back().journal.emplace_back(op.value, op.kind == OpKind::kAppend ? 1 : -1);
  } else {
    remember(op.key);
    if (op.kind == OpKind::kMove) remember(op.new_key);
  }
  execute(op, disk_.content);
}

void ModelStore::append(const core::ChangeSet& change) {
  disk_.log.push_back(change);
  disk_.have[change.origin] = change.seq;
  disk_.clock = std::max(disk_.clock, change.hlc);
}

// What is here of others and was not so at the last own record.
std::vector<core::Position> ModelStore::new_dependencies() {
  std::vector<core::Position> depends;
  for (const auto& [origin, seq] : disk_.have) {
    if (origin == options_.node || seq <= core::seq_of(disk_.own_seen, origin)) continue;
    depends.push_back({origin, seq});
    disk_.own_seen[origin] = seq;
  }
  return depends;
}

void ModelStore::commit(const std::vector<Op>& wanted, WallMs wall_ms) {
  std::vector<Op> ops;
  std::map<Value, int> more;  // in the journal, so far
  for (const Op& op : wanted) {
    const auto found = disk_.content.journal.find(op.value);
    const int there = (found == disk_.content.journal.end() ? 0 : found->second) + more[op.value];
    if (op.kind == OpKind::kTake && there == 0) continue;  // changes no row
    if (is_bag_op(op)) more[op.value] += op.kind == OpKind::kTake ? -1 : 1;
    ops.push_back(op);
  }
  if (ops.empty()) return;
  begin_step();
  std::vector<core::ChangeSet> records = make_records(ops, wall_ms);
  records.front().depends = new_dependencies();
  for (const Op& op : ops) write(op);
  for (const core::ChangeSet& record : records) append(record);
}

// The next own records, with one new stamp.
std::vector<core::ChangeSet> ModelStore::make_records(const std::vector<Op>& ops, WallMs wall_ms) {
  std::vector<core::ChangeSet> records;
  const core::Hlc stamp = core::Hlc::next(disk_.clock, wall_ms);
  for (std::size_t i = 0; i < ops.size(); i += options_.ops_per_record) {
    const std::size_t count = std::min(options_.ops_per_record, ops.size() - i);
    const auto first = ops.begin() + static_cast<std::ptrdiff_t>(i);
    core::ChangeSet change;
    change.origin = options_.node;
    change.seq = core::seq_of(disk_.have, options_.node) + 1 + static_cast<Seq>(records.size());
    change.hlc = stamp;
    change.more = i + count < ops.size();
    change.rows = SharedBytes(encode_ops({first, first + static_cast<std::ptrdiff_t>(count)}));
    records.push_back(std::move(change));
  }
  return records;
}

void ModelStore::commit_decided(const core::ChangeSet& change) {
  if (change.seq != core::seq_of(disk_.have, change.origin) + 1) {
    return options_.violation("order: a decided transaction was committed in place after a gap");
  }
  begin_step();
  for (const Op& op : decode(change)) write(op);
  append(change);
  index_local();
  index_record(change);
}

std::vector<core::ChangeSet> ModelStore::tail() {
  const Seq last = core::seq_of(disk_.have, options_.node);
  std::vector<core::ChangeSet> changes;
  if (last > tailed_) changes = read_range(options_.node, tailed_ + 1, INT64_MAX).changes;
  tailed_ = last;
  return changes;
}

// Versions and causal history of own records that applications added meanwhile.
void ModelStore::index_local() {
  const Seq last = core::seq_of(disk_.have, options_.node);
  if (last <= indexed_) return;
  for (const auto& change : read_range(options_.node, indexed_ + 1, INT64_MAX).changes) index_record(change);
  indexed_ = last;
}

void ModelStore::index_record(const core::ChangeSet& change) {
  history_.add(change);
  for_each_write(decode(change), [&](Key key, bool deletes) {
    if (deletes && options_.bug == PlantedBug::kForgetTombstone) return;
    index_.record(row_key(key), {{change.hlc, change.origin}, change.seq, deletes});
  });
  for_each_bag_op(change, decode(change),
                  [&](Value value, const core::BagOp& op) { bags_.note(row_key(value), op); });
}

void ModelStore::rebuild(const core::Watermark& watermark) {
  watermark_ = watermark;
  index_.reset(watermark.hlc);
  bags_.reset(std::max(watermark.hlc, disk_.bags_begin));
  history_.clear();
  for (const auto& [author, seen] : disk_.past) history_.learn(author, seen);
  if (options_.bug != PlantedBug::kTrimTooMuch) {
    for (const SavedVersion& saved : disk_.saved) index_.record(saved.key, saved.row);
  }
  for (const core::ChangeSet& change : disk_.log) index_record(change);
  for (const auto& [id, op] : disk_.bag_ops) bags_.note(row_key(id.first), op);
  indexed_ = core::seq_of(disk_.have, options_.node);
}

void ModelStore::set_watermark(const core::Watermark& watermark) {
  if (watermark.hlc >= watermark_.hlc) {
    watermark_ = watermark;
    index_.drop_below(watermark.hlc);
    bags_.drop_below(watermark.hlc);
  } else {
    rebuild(watermark);
  }
}

bool ModelStore::in_order(std::span<const core::ChangeSet> changes, std::size_t index) {
  const core::ChangeSet& change = changes[index];
  const std::string name = std::to_string(change.origin) + ":" + std::to_string(change.seq);
  if (change.seq <= core::seq_of(disk_.have, change.origin)) return false;
  bool good = change.seq == core::seq_of(disk_.have, change.origin) + 1;
  if (!good) options_.violation("order: " + name + " was handed to the store after a gap");
  for (const core::Position& position : change.depends) {
    if (core::seq_of(disk_.have, position.origin) >= position.seq) continue;
    // A write at ONE that is lost holds up no decided transaction.
    if (is_decided_origin(change.origin) && !is_decided_origin(position.origin)) continue;
    options_.violation("order: " + name + " was handed to the store before what it depends on");
    good = false;
  }
  if (change.more && (index + 1 == changes.size() || changes[index + 1].origin != change.origin)) {
    options_.violation("atomicity: " + name + " was handed to the store without the rest of its transaction");
    good = false;
  }
  return good;
}

ApplyAnswer ModelStore::apply(std::span<const core::ChangeSet> changes, WallMs) {
  begin_step();
  if (options_.bug != PlantedBug::kStaleLocal) index_local();
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (in_order(changes, i)) apply_one(changes[i]);
  }
  bags_.commit();
  return {disk_.have, disk_.clock, std::nullopt, ""};
}

void ModelStore::apply_one(const core::ChangeSet& change) {
  ++applied_count_;
  const bool strikes = applied_count_ % kBugEvery == 0;
  const core::VersionVector& seen = history_.add(change);
  const core::RowVersion row{{change.hlc, change.origin}, change.seq, false};
  std::vector<Op> ops = decode(change);
  if (options_.bug == PlantedBug::kSkipChange && strikes) ops.clear();
  if (options_.bug == PlantedBug::kHalfTransaction && strikes) ops.resize(ops.size() / 2);
  core::BagPlace place{row.version, row.seq, 0};
  for (const Op& op : ops) {
    switch (op.kind) {
      case OpKind::kPut:
        if (wins(op.key, false, row, seen)) write(op);
        break;
      case OpKind::kDelete:
        if (wins(op.key, true, row, seen)) write(op);
        break;
      case OpKind::kMove:
        if (wins(op.key, true, row, seen)) write({OpKind::kDelete, op.key, 0, 0});
        if (wins(op.new_key, false, row, seen)) write({OpKind::kPut, op.new_key, 0, op.value});
        break;
      case OpKind::kAppend:
      case OpKind::kTake: write_bag(op, place); break;
    }
    ++place.index;
  }
  append(change);
}

void ModelStore::write_bag(const Op& op, const core::BagPlace& place) {
  const bool takes = op.kind == OpKind::kTake;
  if (options_.bug == PlantedBug::kBagByArrival) {
    if (!takes || disk_.content.journal.contains(op.value)) write(op);
    return;
  }
  const auto found = disk_.content.journal.find(op.value);
  const int rows = found == disk_.content.journal.end() ? 0 : found->second;
  std::vector<core::BagLedger::Change> changes;
  const int more = bags_.admit(row_key(op.value), {place, takes}, rows, changes);
  if (more != 0) write({more > 0 ? OpKind::kAppend : OpKind::kTake, 0, 0, op.value});
  if (options_.bug == PlantedBug::kForgetMisses) return;
  for (const auto& change : changes) disk_.bag_ops[{op.value, change.op.place}] = change.op;
}

bool ModelStore::wins(Key key, bool deletes, core::RowVersion row, const core::VersionVector& seen) {
  row.deleted = deletes;
  const auto existing = index_.lookup(row_key(key));
  core::RowDecision decision = core::decide(existing, row, seen);
  if (options_.bug == PlantedBug::kTieByArrival && existing && existing->version.hlc == row.version.hlc) {
    decision.verdict = core::RowVerdict::kApply;
  }
  const bool uncounted = options_.bug == PlantedBug::kUncounted && is_decided_origin(row.version.node);
  if (decision.concurrent && !uncounted) ++disk_.conflicts;
  if (decision.verdict == core::RowVerdict::kSkip) return false;
  if (!deletes || options_.bug != PlantedBug::kForgetTombstone) index_.record(row_key(key), row);
  return true;
}

RangeAnswer ModelStore::read_range(NodeId origin, Seq from, std::int64_t bytes_max) {
  RangeAnswer answer;
  const Seq trimmed = core::seq_of(disk_.trimmed, origin);
  if (from <= trimmed) {
    answer.gone = true;
    answer.first_kept = trimmed + 1;
    return answer;
  }
  std::int64_t bytes = 0;
  for (const core::ChangeSet& change : disk_.log) {
    if (change.origin != origin || change.seq < from) continue;
    const std::int64_t size = core::size_in_bytes(change);
    if (!answer.changes.empty() && bytes + size > bytes_max) break;
    bytes += size;
    answer.changes.push_back(change);
  }
  return answer;
}

core::VersionVector ModelStore::trim(const core::SyncEffects::Trim& trim, const TrimLimits& limits,
                                     WallMs wall_ms) {
  sync();
  index_local();
  while (disk_.log.size() > 1) {
    const core::ChangeSet& change = disk_.log.front();
    const core::Hlc made = change.hlc == core::kVoidStamp ? disk_.trimmed_clock : change.hlc;
    const std::int64_t age_ms = wall_ms - made.wall_ms();
    const bool everywhere = change.seq <= core::seq_of(trim.all_have, change.origin);
    const bool settled = change.hlc <= index_.watermark();
    const bool reachable = change.seq <= core::seq_of(trim.reachable_have, change.origin);
    const bool done = everywhere && settled && age_ms >= limits.min_age.ms();
    const bool too_old = reachable && age_ms >= limits.max_age.ms();
    if (!done && !too_old) break;
    if (!settled) save(change);
    if (settled) disk_.bags_begin = std::max(disk_.bags_begin, change.hlc);
    disk_.watermark = watermark_;
    disk_.trimmed[change.origin] = change.seq;
    disk_.trimmed_clock = std::max(disk_.trimmed_clock, change.hlc);
    disk_.log.pop_front();
    std::erase_if(disk_.saved,
                  [&](const SavedVersion& saved) { return saved.row.version.hlc <= watermark_.hlc; });
    std::erase_if(disk_.bag_ops,
                  [&](const auto& entry) { return entry.second.place.version.hlc <= disk_.bags_begin; });
  }
  return disk_.trimmed;
}

// What of a record that is trimmed above the watermark must outlive it.
void ModelStore::save(const core::ChangeSet& change) {
  for_each_write(decode(change), [&](Key key, bool deletes) {
    disk_.saved.push_back({row_key(key), {{change.hlc, change.origin}, change.seq, deletes}});
  });
  for_each_bag_op(change, decode(change), [&](Value value, const core::BagOp& op) {
    disk_.bag_ops.try_emplace({value, op.place}, op);
  });
  if (options_.bug == PlantedBug::kForgetPast) return;
  core::VersionVector& past = disk_.past[change.origin];
  for (const core::Position& position : change.depends) core::raise(past, position);
  core::raise(past, core::Position{change.origin, change.seq});
}

void ModelStore::adopt(const Uuid& id) {
  if (!state().fresh) return;
  disk_.database_id = id;
  sync();
}

std::unique_ptr<Snapshot> ModelStore::make_snapshot() {
  auto snapshot = std::make_unique<ModelSnapshot>();
  snapshot->disk = disk_;
  return snapshot;
}

void ModelStore::install_snapshot(const Snapshot& snapshot, WallMs wall_ms) {
  const Disk& donor = dynamic_cast<const ModelSnapshot&>(snapshot).disk;
  const bool same_history = donor.database_id == disk_.database_id;
  std::vector<core::ChangeSet> unseen;
  for (const core::ChangeSet& change : disk_.log) {
    const bool lost = change.seq > core::seq_of(donor.have, change.origin);
    if (same_history ? lost : change.origin == options_.node) unseen.push_back(change);
  }
  const std::int64_t conflicts = disk_.conflicts;
  disk_ = donor;
  disk_.conflicts = conflicts;
  disk_.own_seen.clear();
  undo_.clear();
  rebuild(core::Watermark{});
  if (same_history) {
    apply(unseen, wall_ms);
  } else {
    write_again(unseen, wall_ms);
  }
  rebuild(disk_.watermark);
  tailed_ = core::seq_of(disk_.have, options_.node);
  sync();
}

// As new change sets, which overwrite what they have not seen.
void ModelStore::write_again(const std::vector<core::ChangeSet>& unseen, WallMs wall_ms) {
  begin_step();
  std::vector<Op> transaction;
  for (const core::ChangeSet& change : unseen) {
    for (const Op& op : decode(change)) transaction.push_back(op);
    if (change.more) continue;
    for (const core::ChangeSet& record : make_records(transaction, wall_ms)) apply_one(record);
    transaction.clear();
  }
  bags_.commit();
}

}  // namespace murmel::sim
