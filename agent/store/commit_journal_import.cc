// CommitJournal: takes over the journal of earlier builds, a SQLite file.
#include <algorithm>
#include <filesystem>

#include "agent/store/commit_journal.h"
#include "agent/store/connection.h"
#include "agent/wire/commit_journal.h"

namespace murmel::store {
namespace {

using Kind = JournalItem::Kind;

constexpr std::int64_t kOldFormat = 3;  // PRAGMA user_version; the last one
constexpr char kOldRecords[] =
    "SELECT d.id, r.origin, r.seq, r.body FROM records r JOIN databases d ON d.number = r.database ORDER BY "
    "r.id";
constexpr char kOldEpoch[] = "SELECT body FROM epoch";
constexpr char kOldDropped[] = "SELECT id FROM dropped";
constexpr char kOldFile[] = "commit.db";

Uuid uuid_of(ByteView bytes) {
  Uuid uuid;
  std::copy_n(bytes.begin(), std::min(bytes.size(), uuid.bytes.size()), uuid.bytes.begin());
  return uuid;
}

Status each_row(Connection& connection, const char* sql, const std::function<Status(Statement&)>& row) {
  TRY_ASSIGN(Statement statement, connection.prepare(sql));
  for (;;) {
    TRY_ASSIGN(const bool found, statement.step());
    if (!found) return Ok{};
    TRY(row(statement));
  }
}

// There a Forget stood at seq 0 of its origin, a Reserve at origin 0.
Result<JournalItem> record_of(Statement& row) {
  JournalItem item{
      Kind::kRecord,       uuid_of(row.blob(0)), static_cast<NodeId>(row.integer(1)), row.integer(2), 0,
      as_text(row.blob(3))};
  if (item.origin == 0) item.kind = Kind::kReserve;
  if (item.origin == 0 || item.seq != 0) return item;
  TRY_ASSIGN(const auto record, wire::decode_journal(row.blob(3)));
  const auto* forget = std::get_if<core::journal::Forget>(&record);
  if (forget == nullptr) return Error{ErrorCode::kCorrupt, "a record of the commit journal stands nowhere"};
  item.kind = Kind::kForget;
  item.seq = forget->up_to.seq;
  return item;
}

}  // namespace

// The new journal is made beside, gets the old file, and then its name. So there is always one of the two
// that has everything; both have their names if an older build has run since.
Status CommitJournal::take_over(const std::string& folder, const SegmentLog::Options& options) {
  namespace fs = std::filesystem;
  const fs::path old_file = fs::path(folder).parent_path() / kOldFile;
  const fs::path draft = folder + ".new";
  std::error_code error;
  if (fs::exists(old_file, error)) {
    if (fs::exists(folder, error)) {
      return Error{ErrorCode::kRefused,
                   old_file.string() +
                       " is the commit journal of an older release, which has run in this data "
                       "directory since a newer one: take the node out of the cluster (murmel members "
                       "remove) and let it join with a new data directory"};
    }
    fs::remove_all(draft, error);
    TRY_ASSIGN(CommitJournal journal, open_log(draft.string(), options));
    TRY(journal.import(old_file.string()));
    fs::rename(old_file, draft / kOldFile, error);
  }
  if (!error && fs::exists(draft, error) && !fs::exists(folder, error)) fs::rename(draft, folder, error);
  if (!error) fs::remove(fs::path(folder) / kOldFile, error);
  if (error) return Error{ErrorCode::kIo, "can't take over " + old_file.string() + ": " + error.message()};
  return Ok{};
}

Status CommitJournal::import(const std::string& old_file) {
  TRY_ASSIGN(Connection old, Connection::open(old_file, Access::kPrivate, kBusyTimeoutMs));
  TRY_ASSIGN(const std::int64_t format, old.integer("PRAGMA user_version"));
  if (format > kOldFormat) return Error{ErrorCode::kRefused, old_file + " was written by a newer release"};
  TRY(begin_segment());
  if (format == 0) return Ok{};
  std::string frame;
  const auto add = [&](JournalItem item) {
    item.number = ++last_number_;
    return put(frame, item);
  };
  TRY(each_row(old, kOldDropped, [&](Statement& row) {
    return add({Kind::kDropped, uuid_of(row.blob(0)), 0, 0, 0, {}});
  }));
  TRY(each_row(old, kOldEpoch, [&](Statement& row) {
    return add({Kind::kEpoch, {}, 0, 0, 0, as_text(row.blob(0))});
  }));
  TRY(each_row(old, kOldRecords, [&](Statement& row) -> Status {
    TRY_ASSIGN(const JournalItem item, record_of(row));
    return add(item);
  }));
  return flush(frame);
}

}  // namespace murmel::store
