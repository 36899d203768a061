#include "agent/store/commit_journal.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "agent/wire/commit_journal.h"

namespace murmel::store {
namespace {

using core::journal::Record;
using Kind = JournalItem::Kind;

constexpr char kAdvice[] =
    "What this node has promised to others is lost with it: take the node out of the cluster (murmel members "
    "remove) and let it join with a new data directory";
constexpr std::size_t kReservesKept = 2;
constexpr std::size_t kSegmentsFew = 8;       // of which none is written anew
constexpr std::size_t kFrameBytes = 1 << 20;  // of what is written anew

// Slot that a record is about.
core::Position place_of(const Record& record) {
  struct Visitor {
    core::Position operator()(const core::journal::Reserve& reserve) { return {0, reserve.limit}; }
    core::Position operator()(const core::journal::Yes& yes) {
      return {yes.transaction.change.origin, yes.transaction.change.seq};
    }
    core::Position operator()(const core::journal::PromiseGiven& promise) { return promise.slot; }
    core::Position operator()(const core::journal::AcceptGiven& accept) { return accept.proposal.slot; }
    core::Position operator()(const core::journal::Known& known) { return known.decision.slot; }
    core::Position operator()(const core::journal::Forget& forget) { return forget.up_to; }
  };
  return std::visit(Visitor{}, record);
}

Kind kind_of(const Record& record) {
  if (std::holds_alternative<core::journal::Reserve>(record)) return Kind::kReserve;
  if (std::holds_alternative<core::journal::Forget>(record)) return Kind::kForget;
  return Kind::kRecord;
}

void raise(Seq& known, Seq seq) {
  known = std::max(known, seq);
}

}  // namespace

// --- opening and reading ----------------------------------------------------------------------------------

Result<CommitJournal> CommitJournal::open(const std::string& folder, Durability durability) {
  return open(folder, SegmentLog::Options{.sync = durability == Durability::kFsync});
}

Result<CommitJournal> CommitJournal::open(const std::string& folder, SegmentLog::Options options) {
  TRY(take_over(folder, options));
  return open_log(folder, std::move(options));
}

Result<CommitJournal> CommitJournal::open_log(const std::string& folder, SegmentLog::Options options) {
  CommitJournal journal(folder);
  const auto note = [&](SegmentLog::Number segment, ByteView frame) {
    return read_items(frame, [&](const JournalItem& item) { return journal.note(segment, item); });
  };
  auto log = SegmentLog::open(folder, std::move(options), note);
  if (!log.ok() && log.error().code == ErrorCode::kCorrupt) {
    return Error{ErrorCode::kCorrupt, fmt::format("{}. {}", log.error().message, kAdvice)};
  }
  if (!log.ok()) return log.error();
  journal.log_.emplace(std::move(log).value());
  return journal;
}

// What an item means, when it is read and when it was written.
Status CommitJournal::note(SegmentLog::Number segment, const JournalItem& item) {
  last_number_ = std::max(last_number_, item.number);
  const Kept kept{item.number, item.seq, std::string(item.kind == Kind::kRecord ? "" : item.body)};
  switch (item.kind) {
    case Kind::kEpoch:
      if (!epoch_ || epoch_->number <= item.number) epoch_ = kept;
      return Ok{};
    case Kind::kDropped:
      dropped_.insert(item.database);
      promises_.erase(item.database);
      return Ok{};
    case Kind::kForget: {
      if (dropped_.contains(item.database)) return Ok{};
      Kept& last = promises_[item.database].forgets[item.origin];
      if (last.number <= item.number) last = kept;
      return Ok{};
    }
    case Kind::kReserve: {
      if (dropped_.contains(item.database)) return Ok{};
      auto& reserves = promises_[item.database].reserves;
      if (!reserves.empty() && item.number <= reserves.back().number) return Ok{};
      reserves.push_back(kept);
      if (reserves.size() > kReservesKept) reserves.pop_front();
      return Ok{};
    }
    case Kind::kRecord: {
      Contents& contents = contents_[segment];
      raise(contents.greatest[{item.database, item.origin}], item.seq);
      contents.records.push_back(
          {item.database, item.origin, item.seq, static_cast<std::int64_t>(item.body.size())});
      return Ok{};
    }
  }
  return Error{ErrorCode::kRefused,
               fmt::format("{} holds an item that this build does not know (kind {}): run the newer release",
                           folder_, static_cast<std::uint32_t>(item.kind))};
}

bool CommitJournal::is_forgotten(const Uuid& database, NodeId origin, Seq seq) const {
  if (dropped_.contains(database)) return true;
  const auto promises = promises_.find(database);
  if (promises == promises_.end()) return false;
  const auto forget = promises->second.forgets.find(origin);
  return forget != promises->second.forgets.end() && seq <= forget->second.seq;
}

Result<std::vector<Record>> CommitJournal::read(const Uuid& database) const {
  if (dropped_.contains(database)) {
    return Error{ErrorCode::kRefused,
                 "the cluster has dropped this database; `murmel detach` makes its file a plain one"};
  }
  std::map<std::uint64_t, Record> found;
  const auto take = [&](std::uint64_t number, std::string_view body) -> Status {
    auto record = wire::decode_journal(as_bytes(body));
    if (!record.ok()) {
      return Error{ErrorCode::kCorrupt,
                   fmt::format("{} holds a record that can't be read (number {} of database {}: {}). {}",
                               folder_, number, database.to_string(), record.error().message, kAdvice)};
    }
    found.emplace(number, std::move(record).value());
    return Ok{};
  };
  const auto wants = [&](const Uuid& of, NodeId origin, Seq seq) {
    return of == database && !is_forgotten(of, origin, seq);
  };
  const SegmentLog::OnFrame take_frame = [&](SegmentLog::Number, ByteView frame) {
    return read_items(frame, [&](const JournalItem& item) -> Status {
      const bool wanted = item.kind == Kind::kRecord && wants(item.database, item.origin, item.seq);
      return wanted ? take(item.number, item.body) : Ok{};
    });
  };
  for (const auto& [segment, contents] : contents_) {  // of many databases most have nothing of this one
    const bool any = std::any_of(contents.greatest.begin(), contents.greatest.end(), [&](const auto& slot) {
      return wants(slot.first.first, slot.first.second, slot.second);
    });
    if (any) TRY(log_->read(segment, take_frame));
  }
  if (const auto promises = promises_.find(database); promises != promises_.end()) {
    for (const auto& [origin, forget] : promises->second.forgets) TRY(take(forget.number, forget.body));
    for (const Kept& reserve : promises->second.reserves) TRY(take(reserve.number, reserve.body));
  }
  std::vector<Record> records;
  records.reserve(found.size());
  for (auto& [number, record] : found) records.push_back(std::move(record));
  return records;
}

core::Tips CommitJournal::known() const {
  core::Tips tips;
  for (const auto& [database, promises] : promises_) {
    for (const auto& [origin, forget] : promises.forgets) raise(tips[database][origin], forget.seq);
  }
  for (const auto& [segment, contents] : contents_) {
    for (const auto& [slot, seq] : contents.greatest) {
      if (!dropped_.contains(slot.first)) raise(tips[slot.first][slot.second], seq);
    }
  }
  return tips;
}

Result<std::optional<core::EpochState>> CommitJournal::read_epoch() const {
  std::optional<core::EpochState> state;
  if (!epoch_) return state;
  auto decoded = wire::decode_epoch_state(as_bytes(epoch_->body));
  if (!decoded.ok()) {
    return Error{
        ErrorCode::kCorrupt,
        fmt::format("{} does not tell any more what this node has promised about the voters ({}): take "
                    "the node out of the cluster (murmel members remove) and let it join with a new "
                    "data directory",
                    folder_, decoded.error().message)};
  }
  state = std::move(decoded).value();
  return state;
}

// --- writing ----------------------------------------------------------------------------------------------

// After anything but a full disk nothing is certain any more.
Status CommitJournal::failed(Status status) {
  if (!status.ok() && status.error().code == ErrorCode::kIo) {
    failure_ = folder_ +
               " can't be made durable; look at the disk, then restart the agent: " + status.error().message;
  }
  return status;
}

Status CommitJournal::write(std::span<const Batch> batches, const core::EpochState* epoch) {
  if (!failure_.empty()) return Error{ErrorCode::kIo, failure_};
  Status written = failed(write_all(batches, epoch));
  if (written.ok()) ++transactions_;
  return written;
}

Status CommitJournal::drop(const Uuid& database) {
  if (dropped_.contains(database)) return Ok{};
  if (!failure_.empty()) return Error{ErrorCode::kIo, failure_};
  if (log_->wants_segment()) TRY(failed(begin_segment()));
  put_item(log_->frame(), {Kind::kDropped, database, 0, 0, ++last_number_, {}});
  return failed(append());
}

Status CommitJournal::write_all(std::span<const Batch> batches, const core::EpochState* epoch) {
  if (log_->wants_segment()) TRY(begin_segment());
  std::string& frame = log_->frame();
  const std::size_t empty = frame.size();
  for (const Batch& batch : batches) {
    if (dropped_.contains(batch.database)) continue;
    for (const Record& record : batch.records) {
      const core::Position place = place_of(record);
      put_item(frame, {kind_of(record), batch.database, place.origin, place.seq, ++last_number_,
                       wire::encode(record)});
    }
  }
  if (epoch != nullptr) put_item(frame, {Kind::kEpoch, {}, 0, 0, ++last_number_, wire::encode(*epoch)});
  return frame.size() > empty ? append() : Status(Ok{});
}

// What the log's frame() has.
Status CommitJournal::append() {
  TRY(log_->append());
  const SegmentLog::Number segment = log_->segments().back().number;
  bool forgets = false;
  TRY(read_items(log_->last_frame(), [&](const JournalItem& item) {
    forgets = forgets || item.kind == Kind::kForget || item.kind == Kind::kDropped;
    return note(segment, item);
  }));
  if (forgets) remove_forgotten();
  return Ok{};
}

// Collects items in `frame`, which is written now and then.
Status CommitJournal::put(std::string& frame, const JournalItem& item) {
  put_item(frame, item);
  return frame.size() < kFrameBytes ? Status(Ok{}) : flush(frame);
}

Status CommitJournal::flush(std::string& frame) {
  if (frame.empty()) return Ok{};
  log_->frame().append(frame);
  frame.clear();
  return append();
}

// --- segments ---------------------------------------------------------------------------------------------

std::string CommitJournal::state() const {
  std::string frame;
  for (const Uuid& database : dropped_) put_item(frame, {Kind::kDropped, database, 0, 0, 0, {}});
  if (epoch_) put_item(frame, {Kind::kEpoch, {}, 0, 0, epoch_->number, epoch_->body});
  for (const auto& [database, promises] : promises_) {
    for (const auto& [origin, forget] : promises.forgets)
      put_item(frame, {Kind::kForget, database, origin, forget.seq, forget.number, forget.body});
    for (const Kept& reserve : promises.reserves)
      put_item(frame, {Kind::kReserve, database, 0, reserve.seq, reserve.number, reserve.body});
  }
  return frame;
}

Status CommitJournal::begin_segment() {
  TRY(log_->begin(as_bytes(state())));
  Status cleaned = clean();
  return cleaned.ok() || cleaned.error().code == ErrorCode::kFull ? Status(Ok{}) : cleaned;
}

// One that can't be removed now is looked at again with the next Forget.
void CommitJournal::remove_forgotten() {
  const std::vector<SegmentLog::Segment> segments = log_->segments();
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    const SegmentLog::Number number = segments[i].number;
    const auto& greatest = contents_[number].greatest;
    const bool over = std::all_of(greatest.begin(), greatest.end(), [this](const auto& slot) {
      return is_forgotten(slot.first.first, slot.first.second, slot.second);
    });
    if (over && log_->remove(number).ok()) contents_.erase(number);
  }
}

std::int64_t CommitJournal::live_bytes(SegmentLog::Number segment) const {
  const auto contents = contents_.find(segment);
  if (contents == contents_.end()) return 0;
  std::int64_t bytes = 0;
  for (const Entry& entry : contents->second.records) {
    if (!is_forgotten(entry.database, entry.origin, entry.seq)) bytes += entry.bytes;
  }
  return bytes;
}

// A slot that is not forgotten for long, as long as a voter is away, must not hold a whole segment each. One
// segment is looked at whenever another one begins, in turn.
Status CommitJournal::clean() {
  const auto& segments = log_->segments();
  if (segments.size() <= kSegmentsFew) return Ok{};
  const auto next = std::find_if(segments.begin(), segments.end() - 1,
                                 [this](const auto& segment) { return segment.number > cleaned_; });
  const SegmentLog::Segment segment = next == segments.end() - 1 ? segments.front() : *next;
  cleaned_ = segment.number;
  if (live_bytes(segment.number) > segment.end / 2) return Ok{};
  return rewrite(segment.number);
}

Status CommitJournal::rewrite(SegmentLog::Number segment) {
  std::string frame;
  TRY(log_->read(segment, [&](SegmentLog::Number, ByteView old) {
    return read_items(old, [&](const JournalItem& item) -> Status {
      if (item.kind != Kind::kRecord || is_forgotten(item.database, item.origin, item.seq)) return Ok{};
      return put(frame, item);
    });
  }));
  TRY(flush(frame));
  TRY(log_->remove(segment));
  contents_.erase(segment);
  return Ok{};
}

}  // namespace murmel::store
