#include "agent/service/snapshot_donor.h"

#include <atomic>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "agent/base/hash.h"
#include "agent/service/file_hash.h"
#include "agent/service/log.h"
#include "agent/service/wall_clock.h"
#include "agent/store/snapshot.h"

namespace murmel::service {
namespace {

void remove_file(const std::string& path) {
  std::error_code ignored;  // a leftover is removed at the next start
  std::filesystem::remove(path, ignored);
}

// A well-behaved receiver has a few chunks under way; what a hostile one asks for beyond this is dropped.
constexpr std::size_t kChunkJobsMax = 256;

struct Made {
  Status status = Ok{};
  std::int64_t bytes = 0;
  wire::Hash128 hash{};
};

}  // namespace

struct SnapshotDonor::Transfer {
  std::uint64_t id = 0;
  NodeId to = 0;
  std::string database;
  std::string file;
  bool ready = false;
  std::int64_t bytes = 0;
  std::int64_t asked_to = 0;
  wire::Hash128 hash{};
  Instant last_asked;
  // Written by the worker while it makes the file.
  std::atomic<std::int64_t> done{0};
  std::atomic<std::int64_t> total{0};
};

// Transfer ids begin at the time of the start, so that none of an earlier run is mistaken for one of this.
SnapshotDonor::SnapshotDonor(io::Loop& loop, NodeId node, std::string folder, PeerOutbox& outbox,
                             PathOf path_of)
    : loop_(loop),
      node_(node),
      folder_(std::move(folder)),
      outbox_(outbox),
      path_of_(std::move(path_of)),
      last_id_(static_cast<std::uint64_t>(wall_clock_ms()) << 10),
      idle_timer_(loop, [this] { drop_idle(); }),
      worker_(std::make_unique<Worker>("snapshots")) {}

SnapshotDonor::~SnapshotDonor() {
  worker_.reset();
  for (const auto& [id, transfer] : transfers_) remove_file(transfer->file);
}

void SnapshotDonor::received(NodeId from, const std::string& database, const wire::SnapshotRequest& request) {
  if (request.transfer == 0) return make(from, database);
  const auto found = transfers_.find(request.transfer);
  if (found == transfers_.end() || found->second->to != from || found->second->database != database) {
    return refuse(from, database, request.transfer, "that snapshot is not kept any more");
  }
  Transfer& transfer = *found->second;
  transfer.last_asked = loop_.now();
  if (!transfer.ready || request.bytes_max == 0) return offer(transfer);
  send_chunk(transfer, request.offset, request.bytes_max);
}

void SnapshotDonor::make(NodeId to, const std::string& database) {
  const std::string path = path_of_(database);
  if (path.empty()) return refuse(to, database, 0, "this node has no such database");
  for (const auto& [id, transfer] : transfers_) {
    if (transfer->to != to || transfer->database != database) continue;
    if (!transfer->ready) return offer(*transfer);  // asked twice while it is made
    drop(id);
    break;
  }
  if (transfers_.size() >= kTransfersMax)
    return refuse(to, database, 0, "too many snapshots are under way; ask again");

  auto transfer = std::make_unique<Transfer>();
  transfer->id = ++last_id_;
  transfer->to = to;
  transfer->database = database;
  transfer->file = fmt::format("{}/out-{}", folder_, transfer->id);
  transfer->last_asked = loop_.now();
  Transfer* raw = transfer.get();
  transfers_[raw->id] = std::move(transfer);
  offer(*raw);
  idle_timer_.start(kTransferIdleMax);
  log_info("making a snapshot", {{"database", database}, {"for", to}});
  // The transfer is not dropped before made() has come.
  worker_->post([this, raw, path, node = node_] {
    Made result;
    const auto info =
        store::make_snapshot(path, node, raw->file, [raw](std::int64_t done, std::int64_t total) {
          raw->done = done;
          raw->total = total;
        });
    if (!info.ok()) {
      result.status = info.error();
    } else if (const auto hashed = hash_file(raw->file); hashed.ok()) {
      result.bytes = hashed->bytes;
      result.hash = hashed->hash;
    } else {
      result.status = hashed.error();
    }
    INVARIANT(
        loop_.post([this, id = raw->id, result] { made(id, result.status, result.bytes, result.hash); }));
  });
}

void SnapshotDonor::made(std::uint64_t id, const Status& status, std::int64_t bytes, wire::Hash128 hash) {
  const auto found = transfers_.find(id);
  INVARIANT(found != transfers_.end());
  Transfer& transfer = *found->second;
  if (!status.ok()) {
    log_warn("snapshot can't be made", {{"database", transfer.database}, {"error", status.error().message}});
    refuse(transfer.to, transfer.database, id, status.error().message);
    return drop(id);
  }
  transfer.ready = true;
  transfer.bytes = bytes;
  transfer.hash = hash;
  transfer.last_asked = loop_.now();
  offer(transfer);
}

void SnapshotDonor::offer(const Transfer& transfer) {
  wire::SnapshotOffer offer;
  offer.transfer = transfer.id;
  offer.ready = transfer.ready;
  offer.done = transfer.done;
  offer.total = transfer.ready ? transfer.bytes : transfer.total.load();
  offer.hash = transfer.hash;
  outbox_.send({transfer.to}, wire::encode({.database = transfer.database, .body = std::move(offer)}));
}

void SnapshotDonor::send_chunk(Transfer& transfer, std::int64_t offset, std::int64_t bytes_max) {
  if (offset < 0 || offset >= transfer.bytes) {
    return refuse(transfer.to, transfer.database, transfer.id, "the snapshot has no such offset");
  }
  if (worker_->waiting() >= kChunkJobsMax) return;  // the receiver asks again
  transfer.asked_to = std::max(transfer.asked_to, offset + bytes_max);
  const auto length =
      std::min({bytes_max, transfer.bytes - offset, static_cast<std::int64_t>(wire::kSnapshotChunkBytesMax)});
  worker_->post([this, id = transfer.id, to = transfer.to, database = transfer.database, file = transfer.file,
                 offset, length] {
    std::string bytes(static_cast<std::size_t>(length), '\0');
    std::ifstream stream(file, std::ios::binary);
    stream.seekg(offset);
    stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (stream.gcount() != length) return;  // the receiver asks again, and is told if the file is gone
    const std::uint64_t hash = hash64(as_bytes(bytes));
    std::string message = wire::encode(
        {.database = database, .body = wire::SnapshotChunk{id, offset, SharedBytes(std::move(bytes)), hash}});
    INVARIANT(loop_.post(
        [this, to, message = std::move(message)]() mutable { outbox_.send({to}, std::move(message)); }));
  });
}

void SnapshotDonor::refuse(NodeId to, const std::string& database, std::uint64_t transfer,
                           const std::string& why) {
  outbox_.send({to}, wire::encode({.database = database,
                                   .body = wire::SnapshotOffer{.transfer = transfer, .error = why}}));
}

void SnapshotDonor::drop(std::uint64_t id) {
  const auto found = transfers_.find(id);
  remove_file(found->second->file);
  transfers_.erase(found);
}

void SnapshotDonor::drop_idle() {
  std::vector<std::uint64_t> idle;
  for (const auto& [id, transfer] : transfers_) {
    if (transfer->ready && loop_.now() - transfer->last_asked >= kTransferIdleMax) idle.push_back(id);
  }
  for (const std::uint64_t id : idle) drop(id);
  if (!transfers_.empty()) idle_timer_.start(kTransferIdleMax);
}

std::vector<TransferStatus> SnapshotDonor::status() const {
  std::vector<TransferStatus> result;
  for (const auto& [id, transfer] : transfers_) {
    result.push_back({transfer->to, transfer->database, transfer->ready,
                      transfer->ready ? std::min(transfer->asked_to, transfer->bytes) : transfer->done.load(),
                      transfer->ready ? transfer->bytes : transfer->total.load()});
  }
  return result;
}

}  // namespace murmel::service
