#include "agent/store/snapshot.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "agent/store/connection.h"
#include "agent/store/meta.h"
#include "agent/store/sql.h"
#include "agent/store/sqlite_error.h"
#include "agent/store/table_hash.h"
#include "agent/store/wal_file.h"

namespace murmel::store {
namespace {

constexpr int kPagesPerStep = 1'000;
constexpr char kDonorKey[] = "snapshot_donor";

struct FinishBackup {
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};

// The caller's read transaction keeps the source as it is, so the copy never starts over.
Status copy_pages(Connection& source, Connection& target, const Progress& progress) {
  const std::unique_ptr<sqlite3_backup, FinishBackup> backup(
      sqlite3_backup_init(target.handle(), "main", source.handle(), "main"));
  if (!backup) return sqlite_error(target.handle(), sqlite3_errcode(target.handle()), "can't begin the copy");
  for (;;) {
    const int code = sqlite3_backup_step(backup.get(), kPagesPerStep);
    const std::int64_t total = sqlite3_backup_pagecount(backup.get());
    if (progress) progress(total - sqlite3_backup_remaining(backup.get()), total);
    if (code == SQLITE_DONE) return Ok{};
    if (code != SQLITE_OK) return sqlite_error(target.handle(), code, "can't copy the database");
  }
}

Status remove_file(const std::string& file) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    if (::unlink((file + suffix).c_str()) != 0 && errno != ENOENT) {
      return Error{ErrorCode::kIo, "can't remove the old snapshot " + file + suffix};
    }
  }
  return Ok{};
}

Status write_copy(const std::string& path, NodeId node, const std::string& file, const Progress& progress) {
  TRY_ASSIGN(Connection source, Connection::open(path, Access::kReadWrite, kBusyTimeoutMs));
  TRY_ASSIGN(Connection target, Connection::open(file, Access::kPrivate, kBusyTimeoutMs));
  {
    TRY_ASSIGN(const Transaction snapshot, Transaction::begin(source, Transaction::Kind::kRead));
    TRY(source.integer(sql::kCountAppObjects));  // the first read is what pins the snapshot
    TRY(copy_pages(source, target, progress));
  }
  TRY(WalFile(path).sync());  // others will have what the copy holds: it must not be lost here
  TRY(target.execute("PRAGMA journal_mode=DELETE"));  // the copy says WAL, but has to be one file
  return write_meta(target, kDonorKey, std::int64_t{node});
}

}  // namespace

Result<SnapshotInfo> make_snapshot(const std::string& path, NodeId node, const std::string& file,
                                   const Progress& progress) {
  TRY(remove_file(file));
  Status written = write_copy(path, node, file, progress);
  // What others get to know must not be lost here any more.
  if (written.ok()) written = WalFile(path).sync();
  if (!written.ok()) {
    (void)remove_file(file);  // half a snapshot is of no use; what failed is reported
    return written.error();
  }
  return read_snapshot_info(file);
}

Result<SnapshotInfo> read_snapshot_info(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return Error{ErrorCode::kNotFound, "no snapshot at " + file};
  TRY_ASSIGN(Connection connection, Connection::open(file, Access::kReadOnly, kBusyTimeoutMs));
  SnapshotInfo info;
  info.bytes = status.st_size;
  const auto donor = read_meta(connection, kDonorKey);
  if (!donor.ok() || !*donor) return Error{ErrorCode::kCorrupt, file + " is not a snapshot"};
  info.donor = static_cast<NodeId>(std::strtoul((*donor)->c_str(), nullptr, 10));
  if (info.donor == 0 || info.donor > kNodeIdMax) return Error{ErrorCode::kCorrupt, file + " has no donor"};
  TRY_ASSIGN(info.database_id, read_database_id(connection));
  TRY_ASSIGN(info.have, read_positions(connection, info.donor));
  TRY_ASSIGN(Statement last, connection.prepare(sql::kLastLogRow));
  TRY_ASSIGN(const bool row, last.step());
  if (row) info.clock = core::Hlc{last.integer(1)};
  return info;
}

Result<DatabaseHash> hash_tables(const std::string& path, NodeId node, const Options& filters) {
  TRY_ASSIGN(Connection connection, Connection::open(path, Access::kReadWrite, kBusyTimeoutMs));
  return hash_database(connection, node, TableFilter(filters.include, filters.exclude));
}

}  // namespace murmel::store
