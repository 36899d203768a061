// ClientDatabase: transactions on a snapshot.
#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "agent/store/client_fault.h"
#include "agent/store/joined_rows.h"
#include "agent/store/sql.h"
#include "agent/store/sqlite_error.h"
#include "extension/capture_api.h"
#include "extension/key_constraints.h"
#include "extension/schema_delta.h"

namespace murmel::store {
namespace {

// Of pages, most of them changed ones. What a transaction has changed is kept twice: as pages and as rows.
constexpr std::int64_t kPageBytesMax = 128 << 20;

ClientFault fault_of(const Error& error) {
  const bool busy = error.code == ErrorCode::kBusy;
  return {busy ? SQLITE_BUSY : SQLITE_IOERR, busy ? "database is locked" : error.message, {}};
}

// Where the capture has them.
class WritesRead final : public extension::RowReceiver {
 public:
  bool take(const unsigned char* bytes, std::size_t size) noexcept override {
    if (read.ok()) read = add_writes(ByteView(bytes, size), set);
    return true;
  }

  WriteSet set;
  Status read = Ok{};
};

// "file:PATH?vfs=unix": an attached database is read as others read it.
std::string ordinary_uri(const std::string& path) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      const auto byte = static_cast<unsigned char>(c);
      uri += '%';
      uri += kDigits[byte >> 4];
      uri += kDigits[byte & 15];
    } else {
      uri += c;
    }
  }
  return uri + "?vfs=unix";
}

void set_foreign_keys(sqlite3* handle, bool on) {
  INVARIANT(sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, on ? 1 : 0, nullptr) == SQLITE_OK);
}

ClientResult<std::int64_t> number(sqlite3* handle, const char* sql) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(handle, sql, -1, &prepared, nullptr) != SQLITE_OK) return client_fault(handle);
  ClientStatement statement(prepared);
  TRY_ASSIGN(const bool row, statement.step());
  return row ? sqlite3_column_int64(prepared, 0) : 0;
}

}  // namespace

Status ClientDatabase::open_speculative() {
  TRY_ASSIGN(auto opened, Speculative::open(path_, handle_));
  // Reading needs a wal-index, and what follows reads.
  TRY(opened->begin());
  TRY(configure(opened->handle()));
  TRY(capture(opened->handle()));
  TRY(equip_ ? equip_(opened->handle()) : Status(Ok{}));
  for (const std::string& path : extensions_) TRY(load_into(opened->handle(), path));
  opened->end();
  speculative_ = std::move(opened);
  return Ok{};
}

ClientResult<bool> ClientDatabase::begin_on_snapshot() {
  if (on_snapshot()) return true;
  if (speculative_ == nullptr) {
    const Status opened = open_speculative();
    if (!opened.ok()) return fault_of(opened.error());
  }
  too_large_ = false;
  parts_told_ = 0;
  set_foreign_keys(speculative_->handle(), foreign_keys_);
  unchecked_ = !foreign_keys_;
  const Status begun = speculative_->begin();
  if (!begun.ok()) return fault_of(begun.error());
  TRY(attach_on_snapshot());
  auto logged = is_schema_logged();
  if (!logged.ok() || !*logged) end_snapshot();
  return logged;
}

ClientResult<ClientStatement> ClientDatabase::prepare_on_snapshot(std::string_view sql) {
  StatementPool& statements = speculative_->own_statements();
  sqlite3_stmt* statement = nullptr;
  if (statements.take_or_prepare(speculative_->handle(), sql, &statement) != SQLITE_OK) {
    return client_fault(speculative_->handle());
  }
  return ClientStatement(statement, &statements);
}

ClientResult<bool> ClientDatabase::is_schema_logged() {
  TRY_ASSIGN(ClientStatement read, prepare_on_snapshot("PRAGMA schema_version"));
  TRY(read.step());
  const std::int64_t version = sqlite3_column_int64(read.handle(), 0);
  read.reset();
  if (version == schema_version_) return true;
  keys_.forget();
  std::int64_t logged = 0;
  extension::Fault fault;
  const int code = extension::read_logged_cookie(speculative_->handle(), "main", &logged, fault);
  if (code != SQLITE_OK) return ClientFault{code, fault.text, {}};
  if (version == logged) schema_version_ = version;
  return version == logged;
}

void ClientDatabase::end_snapshot() {
  if (speculative_ != nullptr) speculative_->end();
}

ClientResult<std::monostate> ClientDatabase::attach_on_snapshot() {
  if (attached_ == attached_on_snapshot_) return std::monostate{};
  sqlite3* const connection = speculative_->handle();
  const auto run = [connection](const char* format, const std::string& first,
                                const std::string& second) -> ClientResult<std::monostate> {
    const std::unique_ptr<char, decltype(&sqlite3_free)> sql(
        sqlite3_mprintf(format, first.c_str(), second.c_str()), &sqlite3_free);
    if (sqlite3_exec(connection, sql.get(), nullptr, nullptr, nullptr) != SQLITE_OK)
      return client_fault(connection);
    return std::monostate{};
  };
  for (auto held = attached_on_snapshot_.begin(); held != attached_on_snapshot_.end();) {
    const auto wanted = attached_.find(held->first);
    const bool keep = wanted != attached_.end() && wanted->second == held->second;
    if (!keep) TRY(run("DETACH \"%w\"", held->first, {}));
    held = keep ? std::next(held) : attached_on_snapshot_.erase(held);
  }
  for (const auto& [name, path] : attached_) {
    if (attached_on_snapshot_.contains(name)) continue;
    TRY(run("ATTACH %Q AS \"%w\"", ordinary_uri(path), name));
    attached_on_snapshot_[name] = path;
  }
  return std::monostate{};
}

ClientResult<LocalTransaction> ClientDatabase::changes_on_snapshot(bool decided) {
  sqlite3* const connection = speculative_->handle();
  int deferred = 0;
  int highest = 0;
  sqlite3_db_status(connection, SQLITE_DBSTATUS_DEFERRED_FKS, &deferred, &highest, 0);
  if (deferred != 0) return ClientFault{SQLITE_CONSTRAINT_FOREIGNKEY, "FOREIGN KEY constraint failed", {}};
  LocalTransaction local;
  JoinedRows rows;
  std::size_t from = 0;
  extension::Fault fault;
  const int code = extension::hand_over_rows(connection, "main", rows, &from, fault);
  if (code != SQLITE_OK) return ClientFault{code, fault.text, {}};
  local.payloads = rows.all();
  if (local.empty()) return local;
  TRY_ASSIGN(const std::int64_t own, read_log_end(local));
  local.schema_version = static_cast<std::uint32_t>(schema_version_);
  local.foreign_keys = !unchecked_;
  if (!decided) return local;
  local.seen[kSelfInLog] = own;
  TRY(add_what_was_seen(local));
  return local;
}

// The last record's id and clock; returns the last of this node's own.
ClientResult<std::int64_t> ClientDatabase::read_log_end(LocalTransaction& local) {
  TRY_ASSIGN(ClientStatement last, prepare_on_snapshot(sql::kLastLogRow));
  TRY_ASSIGN(const bool found, last.step());
  if (!found) return 0;
  local.snapshot = sqlite3_column_int64(last.handle(), 0);
  local.clock = core::Hlc{sqlite3_column_int64(last.handle(), 1)};
  return sqlite3_column_int64(last.handle(), 2);
}

ClientResult<std::monostate> ClientDatabase::add_what_was_seen(LocalTransaction& local) {
  sqlite3* const connection = speculative_->handle();
  TRY_ASSIGN(ClientStatement cursors, prepare_on_snapshot(sql::kReadCursors));
  for (;;) {
    TRY_ASSIGN(const bool found, cursors.step());
    if (!found) break;
    local.seen[static_cast<NodeId>(sqlite3_column_int64(cursors.handle(), 0))] =
        sqlite3_column_int64(cursors.handle(), 1);
  }
  if (key_constraints_ == nullptr) key_constraints_ = std::make_unique<extension::KeyConstraints>();
  extension::Fault fault;
  const int code = key_constraints_->refresh(connection, "main", schema_version_, fault);
  if (code != SQLITE_OK) return ClientFault{code, fault.text, {}};
  for (const auto* const bytes : {&key_constraints_->indexes(), &key_constraints_->foreign_keys()}) {
    local.key_constraints.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
  return std::monostate{};
}

ClientResult<WriteSet> ClientDatabase::writes_on_snapshot() {
  WritesRead writes;
  extension::Fault fault;
  const int code = extension::hand_over_rows(speculative_->handle(), "main", writes, &parts_told_, fault);
  if (code != SQLITE_OK) return ClientFault{code, fault.text, {}};
  if (!writes.read.ok()) return ClientFault{SQLITE_CORRUPT, writes.read.error().message, {}};
  return std::move(writes.set);
}

ClientResult<std::optional<core::RowKey>> ClientDatabase::row_key(std::string_view table,
                                                                  std::span<sqlite3_value* const> key) {
  auto found = keys_.key(speculative_->handle(), table, key);
  if (!found.ok()) return ClientFault{SQLITE_CORRUPT, found.error().message, {}};
  return *found;
}

void ClientDatabase::check_foreign_keys(bool on) {
  foreign_keys_ = on;
  set_foreign_keys(handle_, on);
  if (!on_snapshot()) return;
  set_foreign_keys(speculative_->handle(), on);
  unchecked_ = unchecked_ || !on;
}

bool ClientDatabase::has_temporary_tables() const {
  const auto found = number(handle_, "SELECT 1 FROM sqlite_temp_schema WHERE type = 'table' LIMIT 1");
  return !found.ok() || *found != 0;
}

bool ClientDatabase::should_stop() {
  if (on_snapshot() && speculative_->page_bytes() > kPageBytesMax) too_large_ = true;
  return interrupted_ || (too_large_ && on_snapshot());
}

}  // namespace murmel::store
