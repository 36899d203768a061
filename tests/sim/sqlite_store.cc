#include "tests/sim/sqlite_store.h"

#include <sqlite3.h>

#include <filesystem>
#include <utility>

#include "agent/base/check.h"
#include "agent/store/depends_codec.h"
#include "agent/wire/row_reader.h"
#include "agent/wire/row_writer.h"
#include "tests/sim/virtual_clock.h"

namespace murmel::sim {
namespace {

namespace fs = std::filesystem;

constexpr char kCreateTables[] =
    "CREATE TABLE IF NOT EXISTS rows(k INTEGER PRIMARY KEY, v INTEGER);"
    "CREATE TABLE IF NOT EXISTS journal(v INTEGER)";
constexpr const char* kFiles[] = {"", "-wal"};

std::string sql_of(const Op& op) {
  const std::string key = std::to_string(op.key);
  const std::string value = std::to_string(op.value);
  switch (op.kind) {
    case OpKind::kPut:
      return "INSERT INTO rows VALUES(" + key + "," + value + ") ON CONFLICT(k) DO UPDATE SET v=excluded.v";
    case OpKind::kDelete: return "DELETE FROM rows WHERE k=" + key;
    case OpKind::kMove:
      return "UPDATE OR REPLACE rows SET k=" + std::to_string(op.new_key) + ", v=" + value +
             " WHERE k=" + key;
    case OpKind::kAppend: return "INSERT INTO journal VALUES(" + value + ")";
    case OpKind::kTake:
      return "DELETE FROM journal WHERE rowid = (SELECT max(rowid) FROM journal WHERE v = " + value + ")";
  }
  return "";
}

std::string blob(ByteView bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "x'";
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text + "'";
}

template <typename Row>
void for_each_row(sqlite3* db, const char* sql, Row row) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, nullptr) != SQLITE_OK) return;  // no such table yet
  while (sqlite3_step(statement) == SQLITE_ROW) row(statement);
  sqlite3_finalize(statement);
}

}  // namespace

SqliteStore::FileSnapshot::~FileSnapshot() {
  std::error_code ignored;
  fs::remove(path, ignored);
}

SqliteStore::SqliteStore(Options options, const Uuid& database_id, const Content& baseline)
    : options_(std::move(options)), path_(options_.folder + "/node" + std::to_string(options_.node) + ".db") {
  if (options_.tables || baseline != Content{}) {
    sqlite3* db = nullptr;
    INVARIANT(sqlite3_open(path_.c_str(), &db) == SQLITE_OK);
    std::string sql = kCreateTables;
    for (const auto& [key, value] : baseline.rows) sql += ";" + sql_of({OpKind::kPut, key, 0, value});
    INVARIANT(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
  }
  open();
  must(database_->adopt_database_id(database_id), "adopting the first id");
  sync();
}

SqliteStore::~SqliteStore() {
  close();
}

void SqliteStore::open() {
  store::Options options;
  options.node = options_.node;
  options.wall_clock = options_.wall_ms;
  options.conflicts_max = INT64_MAX / 2;
  auto opened = store::Database::open(path_, options);
  if (!opened.ok()) options_.violation("store: can't open: " + opened.error().message);
  INVARIANT(opened.ok());
  database_ = std::move(opened).value();
  INVARIANT(sqlite3_open(path_.c_str(), &app_) == SQLITE_OK);
  sqlite3_db_config(app_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr);
  INVARIANT(sqlite3_load_extension(app_, MURMEL_EXTENSION, nullptr, nullptr) == SQLITE_OK);
}

void SqliteStore::close() {
  sqlite3_close_v2(app_);
  app_ = nullptr;
  database_.reset();
}

void SqliteStore::run(const std::string& sql) {
  char* message = nullptr;
  if (sqlite3_exec(app_, sql.c_str(), nullptr, nullptr, &message) != SQLITE_OK) {
    options_.violation(std::string("store: the application got an error: ") + (message ? message : "?"));
  }
  sqlite3_free(message);
}

void SqliteStore::must(const Status& status, const char* what) {
  if (!status.ok()) options_.violation(std::string("store: ") + what + ": " + status.error().message);
}

core::StoreState SqliteStore::state() {
  auto state = database_->state();
  INVARIANT(state.ok());
  // The model has no entry for an origin without change sets.
  std::erase_if(state->have, [](const auto& entry) { return entry.second == 0; });
  return std::move(state).value();
}

void SqliteStore::commit(const std::vector<Op>& ops, WallMs wall_ms) {
  const VirtualClock virtual_time(wall_ms);
  run(kCreateTables);
  std::string sql = "BEGIN IMMEDIATE";
  for (const Op& op : ops) sql += ";" + sql_of(op);
  run(sql + ";COMMIT");
}

// What the extension does when a transaction is decided: rows, record and cursor in one transaction.
void SqliteStore::commit_decided(const core::ChangeSet& change) {
  const std::string origin = std::to_string(change.origin);
  const std::string seq = std::to_string(change.seq);
  const std::string hlc = std::to_string(change.hlc.value);
  std::string sql = "BEGIN IMMEDIATE";
  for (const Op& op : decode(change)) sql += ";" + sql_of(op);
  sql +=
      ";INSERT INTO __murmel_log(origin,seq,hlc,more,schema,ichange,clock,local_seq,depends,payload) "
      "VALUES(" +
      origin + "," + seq + "," + hlc + ",0,1,NULL,max(" + hlc +
      ",(SELECT coalesce(max(clock),0) FROM __murmel_log)),"
      "(SELECT coalesce(max(local_seq),0) FROM __murmel_log)," +
      blob(as_bytes(store::encode_depends(change.depends))) + "," + blob(change.rows.view()) +
      ");INSERT INTO __murmel_cursor(origin,seq,hlc) VALUES(" + origin + "," + seq + "," + hlc +
      ") ON CONFLICT(origin) DO UPDATE SET seq=excluded.seq, hlc=max(hlc,excluded.hlc);COMMIT";
  sqlite3* writer = nullptr;  // without the extension, which would write a record of its own
  INVARIANT(sqlite3_open(path_.c_str(), &writer) == SQLITE_OK);
  if (sqlite3_exec(writer, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    options_.violation(std::string("store: a decided transaction: ") + sqlite3_errmsg(writer));
  }
  sqlite3_close(writer);
}

std::vector<core::ChangeSet> SqliteStore::tail() {
  const VirtualClock virtual_time(options_.wall_ms());  // it may log a schema change
  std::vector<core::ChangeSet> all;
  for (;;) {
    auto changes = database_->tail(1 << 20);
    INVARIANT(changes.ok());
    if (changes->empty()) return all;
    for (core::ChangeSet& change : *changes) all.push_back(std::move(change));
  }
}

void SqliteStore::sync() {
  must(database_->sync_wal(), "sync");
  save_files(".synced");
}

ApplyAnswer SqliteStore::apply(std::span<const core::ChangeSet> changes, WallMs wall_ms) {
  const VirtualClock virtual_time(wall_ms);
  const auto report = database_->apply(changes);
  if (!report.ok()) {
    options_.violation("store: apply: " + report.error().message);
    return {};
  }
  for (const auto& failure : report->failures) options_.violation("store: apply: " + failure.message);
  return {report->have, report->clock, std::nullopt, ""};
}

RangeAnswer SqliteStore::read_range(NodeId origin, Seq from, std::int64_t bytes_max) {
  auto range = database_->read_range(origin, from, static_cast<std::size_t>(bytes_max));
  INVARIANT(range.ok());
  return {std::move(range->changes), range->gone, range->first_kept};
}

void SqliteStore::set_watermark(const core::Watermark& watermark) {
  must(database_->set_watermark(watermark), "watermark");
}

core::VersionVector SqliteStore::trim(const core::SyncEffects::Trim& trim, const TrimLimits& limits,
                                      WallMs wall_ms) {
  const VirtualClock virtual_time(wall_ms);
  store::TrimRule rule;
  rule.all_have = trim.all_have;
  rule.reachable_have = trim.reachable_have;
  rule.min_age = limits.min_age;
  rule.max_age = limits.max_age;
  for (bool more = true; more;) {
    const auto report = database_->trim(rule);
    INVARIANT(report.ok());
    more = report->more;
  }
  sync();
  return state().trimmed;
}

void SqliteStore::adopt(const Uuid& id) {
  if (state().fresh) must(database_->adopt_database_id(id), "adopt");
  sync();
}

std::unique_ptr<Snapshot> SqliteStore::make_snapshot() {
  auto snapshot = std::make_unique<FileSnapshot>();
  snapshot->path = path_ + ".snapshot" + std::to_string(++snapshots_);
  const auto made = database_->make_snapshot(snapshot->path);
  if (!made.ok()) options_.violation("store: snapshot: " + made.error().message);
  return snapshot;
}

void SqliteStore::install_snapshot(const Snapshot& snapshot, WallMs wall_ms) {
  const VirtualClock virtual_time(wall_ms);
  const auto installed = database_->install_snapshot(dynamic_cast<const FileSnapshot&>(snapshot).path);
  if (!installed.ok()) options_.violation("store: installing a snapshot: " + installed.error().message);
  sync();
}

// Either everything since the last sync is lost, or nothing: SQLite's own crash safety is not what is tested.
void SqliteStore::crash(Random& random) {
  const bool lose = random.chance(1, 2);
  if (!lose) save_files(".kept");
  close();
  restore_files(lose ? ".synced" : ".kept");
  open();
  sync();
}

void SqliteStore::save_files(const std::string& suffix) {
  for (const char* file : kFiles) {
    const std::string name = path_ + file;
    if (fs::exists(name)) {
      fs::copy_file(name, name + suffix, fs::copy_options::overwrite_existing);
    } else {
      fs::remove(name + suffix);
    }
  }
}

void SqliteStore::restore_files(const std::string& suffix) {
  fs::remove(path_ + "-shm");
  for (const char* file : kFiles) {
    const std::string name = path_ + file;
    fs::remove(name);
    if (fs::exists(name + suffix)) fs::copy_file(name + suffix, name);
  }
}

Content SqliteStore::content() {
  Content content;
  for_each_row(app_, "SELECT k, v FROM rows", [&](sqlite3_stmt* row) {
    content.rows[static_cast<Key>(sqlite3_column_int64(row, 0))] =
        static_cast<Value>(sqlite3_column_int64(row, 1));
  });
  for_each_row(app_, "SELECT v FROM journal", [&](sqlite3_stmt* row) {
    ++content.journal[static_cast<Value>(sqlite3_column_int64(row, 0))];
  });
  return content;
}

std::int64_t SqliteStore::conflicts() {
  std::int64_t count = 0;
  for_each_row(app_, "SELECT count(*) FROM __murmel_conflicts WHERE reason = 'concurrent'",
               [&](sqlite3_stmt* row) { count = sqlite3_column_int64(row, 0); });
  return count;
}

std::vector<Op> SqliteStore::decode(const core::ChangeSet& change) {
  std::vector<Op> ops;
  wire::RowReader reader(change.rows.view());
  for (;;) {
    const auto item = reader.next();
    INVARIANT(item.ok());
    if (*item == wire::RowReader::Item::kEnd) return ops;
    if (*item == wire::RowReader::Item::kSchema) continue;
    const wire::RowChange& row = reader.row();
    const auto number = [](std::span<const wire::Value> image, std::size_t i) { return image[i].integer; };
    if (row.table->name == "journal") {
      INVARIANT(row.after.size() + row.before.size() == 1);
      const bool adds = row.before.empty();
      ops.push_back({adds ? OpKind::kAppend : OpKind::kTake, 0, 0,
                     static_cast<Value>(number(adds ? row.after : row.before, 0))});
      continue;
    }
    Op op;
    op.kind = row.after.empty() ? OpKind::kDelete : OpKind::kPut;
    op.key = static_cast<Key>(number(row.after.empty() ? row.before : row.after, 0));
    op.value = static_cast<Value>(number(row.after.empty() ? row.before : row.after, 1));
    if (!row.after.empty() && !row.before.empty() && number(row.before, 0) != number(row.after, 0)) {
      op.kind = OpKind::kMove;
      op.new_key = op.key;
      op.key = static_cast<Key>(number(row.before, 0));
    }
    ops.push_back(op);
  }
}

SharedBytes SqliteStore::encode(const std::vector<Op>& ops) {
  const wire::Table rows{"rows", row_stream::kHasKey, {{"k", 1}, {"v"}}, {0}};
  wire::RowWriter writer;
  std::optional<std::uint64_t> table;
  for (const Op& op : ops) {
    if (!table) table = writer.table(rows);
    const std::vector image{wire::integer_value(op.key),
                            wire::integer_value(static_cast<std::int64_t>(op.value))};
    if (op.kind == OpKind::kDelete) {
      writer.remove(*table, image);
    } else {
      writer.insert(*table, image);
    }
  }
  return SharedBytes(writer.take());
}

}  // namespace murmel::sim
