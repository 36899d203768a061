#include "agent/store/commit_journal.h"

#include <algorithm>

#include <fmt/format.h>

#include "agent/wire/commit_journal.h"

namespace murmel::store {
namespace {

using core::journal::Record;

constexpr std::int64_t kFormat = 3;  // PRAGMA user_version

constexpr char kConfigure[] =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA journal_size_limit=67108864;"
    "PRAGMA secure_delete=OFF";

// A Forget stands at seq 0 of its origin, a Reserve at its limit of origin 0.
constexpr char kCreate[] =
    "CREATE TABLE IF NOT EXISTS databases(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);"
    "CREATE TABLE IF NOT EXISTS records(id INTEGER PRIMARY KEY, database INTEGER NOT NULL,"
    " origin INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS records_by_slot ON records(database, origin, seq);"
    "CREATE TABLE IF NOT EXISTS dropped(id BLOB PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS epoch(one INTEGER PRIMARY KEY CHECK(one = 1), body BLOB NOT NULL)";

constexpr char kFindDatabase[] = "SELECT number FROM databases WHERE id = ?1";
constexpr char kAddDatabase[] = "INSERT INTO databases(id) VALUES(?1) RETURNING number";
constexpr char kRead[] = "SELECT id, body FROM records WHERE database = ?1 ORDER BY id";
constexpr char kAdd[] = "INSERT INTO records(database, origin, seq, body) VALUES(?1, ?2, ?3, ?4)";
constexpr char kRemoveReserves[] =
    "DELETE FROM records WHERE database = ?1 AND origin = 0 AND id <"
    " (SELECT max(id) FROM records WHERE database = ?1 AND origin = 0)";
constexpr char kRemove[] = "DELETE FROM records WHERE database = ?1 AND origin = ?2 AND seq <= ?3";

constexpr const char* kDrop[] = {
    "DELETE FROM records WHERE database = (SELECT number FROM databases WHERE id = ?1)",
    "DELETE FROM databases WHERE id = ?1", "INSERT INTO dropped(id) VALUES(?1)"};

constexpr char kWriteEpoch[] = "INSERT OR REPLACE INTO epoch(one, body) VALUES(1, ?1)";
constexpr char kReadEpoch[] = "SELECT body FROM epoch";
// Forgotten slots first: of these only the record itself says up to where.
constexpr char kForgotten[] =
    "SELECT d.id, r.body FROM records r JOIN databases d ON d.number = r.database"
    " WHERE r.origin <> 0 AND r.seq = 0";
constexpr char kGreatest[] =
    "SELECT d.id, r.origin, max(r.seq) FROM records r JOIN databases d ON d.number = r.database"
    " WHERE r.origin <> 0 GROUP BY 1, 2";

Uuid uuid_of(ByteView bytes) {
  Uuid uuid;
  std::copy_n(bytes.begin(), std::min(bytes.size(), uuid.bytes.size()), uuid.bytes.begin());
  return uuid;
}

void raise(core::VersionVector& vector, NodeId origin, Seq seq) {
  Seq& known = vector[origin];
  known = std::max(known, seq);
}

// Where a record stands.
core::Position place_of(const Record& record) {
  struct Visitor {
    core::Position operator()(const core::journal::Reserve& reserve) { return {0, reserve.limit}; }
    core::Position operator()(const core::journal::Yes& yes) {
      return {yes.transaction.change.origin, yes.transaction.change.seq};
    }
    core::Position operator()(const core::journal::PromiseGiven& promise) { return promise.slot; }
    core::Position operator()(const core::journal::AcceptGiven& accept) { return accept.proposal.slot; }
    core::Position operator()(const core::journal::Known& known) { return known.decision.slot; }
    core::Position operator()(const core::journal::Forget& forget) { return {forget.up_to.origin, 0}; }
  };
  return std::visit(Visitor{}, record);
}

}  // namespace

Result<CommitJournal> CommitJournal::open(const std::string& path, Durability durability) {
  TRY_ASSIGN(Connection connection, Connection::open(path, Access::kPrivate, kBusyTimeoutMs));
  CommitJournal journal(path, std::move(connection));
  TRY(journal.set_up(durability));
  TRY(journal.prepare_statements());
  TRY(journal.read_dropped());
  return journal;
}

Status CommitJournal::set_up(Durability durability) {
  TRY_ASSIGN(const std::int64_t format, connection_.integer("PRAGMA user_version"));
  if (format > kFormat) {
    return Error{ErrorCode::kRefused,
                 fmt::format("{} was written by a newer release (format {}); run that one", path_, format)};
  }
  TRY(connection_.execute(kConfigure));
  TRY(connection_.execute(durability == Durability::kFsync ? "PRAGMA synchronous=FULL"
                                                           : "PRAGMA synchronous=NORMAL"));
  if (format == kFormat) return Ok{};
  TRY_ASSIGN(Transaction transaction, Transaction::begin(connection_, Transaction::Kind::kWrite));
  TRY(connection_.execute(kCreate));
  TRY(connection_.execute(fmt::format("PRAGMA user_version={}", kFormat)));
  return transaction.commit();
}

Status CommitJournal::prepare_statements() {
  TRY_ASSIGN(find_database_, connection_.prepare(kFindDatabase));
  TRY_ASSIGN(add_database_, connection_.prepare(kAddDatabase));
  TRY_ASSIGN(read_, connection_.prepare(kRead));
  TRY_ASSIGN(add_, connection_.prepare(kAdd));
  TRY_ASSIGN(remove_, connection_.prepare(kRemove));
  TRY_ASSIGN(remove_reserves_, connection_.prepare(kRemoveReserves));
  TRY_ASSIGN(write_epoch_, connection_.prepare(kWriteEpoch));
  return Ok{};
}

Status CommitJournal::read_dropped() {
  TRY_ASSIGN(Statement read, connection_.prepare("SELECT id FROM dropped"));
  for (;;) {
    TRY_ASSIGN(const bool found, read.step());
    if (!found) return Ok{};
    dropped_.insert(uuid_of(read.blob(0)));
  }
}

Status CommitJournal::drop(const Uuid& database) {
  if (dropped_.contains(database)) return Ok{};
  TRY_ASSIGN(Transaction transaction, Transaction::begin(connection_, Transaction::Kind::kWrite));
  for (const char* sql : kDrop) {
    TRY_ASSIGN(Statement statement, connection_.prepare(sql));
    statement.bind(1, ByteView(database.bytes));
    TRY(statement.run());
  }
  TRY(transaction.commit());
  dropped_.insert(database);
  return Ok{};
}

Result<std::optional<std::int64_t>> CommitJournal::find(const Uuid& database) {
  const ResetAtEnd reset(find_database_);
  find_database_.bind(1, ByteView(database.bytes));
  TRY_ASSIGN(const bool known, find_database_.step());
  return known ? std::optional(find_database_.integer(0)) : std::nullopt;
}

Result<std::int64_t> CommitJournal::find_or_add(const Uuid& database) {
  TRY_ASSIGN(const auto known, find(database));
  if (known) return *known;
  const ResetAtEnd reset(add_database_);
  add_database_.bind(1, ByteView(database.bytes));
  TRY(add_database_.step());
  return add_database_.integer(0);
}

Result<std::vector<Record>> CommitJournal::read(const Uuid& database) {
  std::vector<Record> records;
  if (dropped_.contains(database)) {
    return Error{ErrorCode::kRefused,
                 "the cluster has dropped this database; `murmel detach` makes its file a plain one"};
  }
  TRY_ASSIGN(const auto number, find(database));
  if (!number) return records;
  const ResetAtEnd reset(read_);
  read_.bind(1, *number);
  for (;;) {
    TRY_ASSIGN(const bool found, read_.step());
    if (!found) return records;
    auto record = wire::decode_journal(read_.blob(1));
    if (!record.ok()) {
      return Error{ErrorCode::kCorrupt,
                   fmt::format("{} holds a record that can't be read (number {} of database {}: {}). What "
                               "this node has promised to others is lost with it: take the node out of the "
                               "cluster (murmel remove) and let it join with a new data directory",
                               path_, read_.integer(0), database.to_string(), record.error().message)};
    }
    records.push_back(std::move(record).value());
  }
}

Result<core::Tips> CommitJournal::known() {
  core::Tips tips;
  TRY_ASSIGN(Statement forgotten, connection_.prepare(kForgotten));
  for (;;) {
    TRY_ASSIGN(const bool found, forgotten.step());
    if (!found) break;
    TRY_ASSIGN(const Record record, wire::decode_journal(forgotten.blob(1)));
    if (const auto* forget = std::get_if<core::journal::Forget>(&record)) {
      raise(tips[uuid_of(forgotten.blob(0))], forget->up_to.origin, forget->up_to.seq);
    }
  }
  TRY_ASSIGN(Statement greatest, connection_.prepare(kGreatest));
  for (;;) {
    TRY_ASSIGN(const bool found, greatest.step());
    if (!found) return tips;
    const auto origin = static_cast<NodeId>(greatest.integer(1));
    if (greatest.integer(2) > 0) raise(tips[uuid_of(greatest.blob(0))], origin, greatest.integer(2));
  }
}

Result<std::optional<core::EpochState>> CommitJournal::read_epoch() {
  std::optional<core::EpochState> state;
  TRY_ASSIGN(Statement read, connection_.prepare(kReadEpoch));
  TRY_ASSIGN(const bool found, read.step());
  if (!found) return state;
  auto decoded = wire::decode_epoch_state(read.blob(0));
  if (!decoded.ok()) {
    return Error{
        ErrorCode::kCorrupt,
        fmt::format("{} does not tell any more what this node has promised about the voters ({}): take "
                    "the node out of the cluster (murmel members remove) and let it join with a new "
                    "data directory",
                    path_, decoded.error().message)};
  }
  state = std::move(decoded).value();
  return state;
}

Status CommitJournal::write_record(std::int64_t database, const Record& record) {
  const core::Position place = place_of(record);
  const auto* forget = std::get_if<core::journal::Forget>(&record);
  if (forget != nullptr) {
    const ResetAtEnd reset(remove_);
    remove_.bind(1, database);
    remove_.bind(2, std::int64_t{place.origin});
    remove_.bind(3, forget->up_to.seq);
    TRY(remove_.run());
  }
  if (std::holds_alternative<core::journal::Reserve>(record)) {
    const ResetAtEnd reset(remove_reserves_);
    remove_reserves_.bind(1, database);
    TRY(remove_reserves_.run());
  }
  const std::string body = wire::encode(record);
  const ResetAtEnd reset(add_);
  add_.bind(1, database);
  add_.bind(2, std::int64_t{place.origin});
  add_.bind(3, place.seq);
  add_.bind(4, as_bytes(body));
  return add_.run();
}

Status CommitJournal::write_all(std::span<const Batch> batches, const core::EpochState* epoch) {
  TRY_ASSIGN(Transaction transaction, Transaction::begin(connection_, Transaction::Kind::kWrite));
  for (const Batch& batch : batches) {
    if (dropped_.contains(batch.database)) continue;
    TRY_ASSIGN(const std::int64_t database, find_or_add(batch.database));
    for (const Record& record : batch.records) TRY(write_record(database, record));
  }
  if (epoch != nullptr) {
    const std::string body = wire::encode(*epoch);
    const ResetAtEnd reset(write_epoch_);
    write_epoch_.bind(1, as_bytes(body));
    TRY(write_epoch_.run());
  }
  return transaction.commit();
}

Status CommitJournal::write(std::span<const Batch> batches, const core::EpochState* epoch) {
  if (!failure_.empty()) return Error{ErrorCode::kIo, failure_};
  Status written = write_all(batches, epoch);
  if (written.ok()) {
    ++transactions_;
  } else if (written.error().code == ErrorCode::kIo) {
    failure_ = path_ +
               " can't be made durable; look at the disk, then restart the agent: " + written.error().message;
  }
  return written;
}

}  // namespace murmel::store
