// SnapshotDonor: makes snapshots of this node's databases for peers that ask, and sends them chunk by chunk.
// The receiver sets the pace and may go on at any offset for as long as the file is kept. Files are made and
// read on a thread of their own and have names of our own: nothing a peer says becomes a path.
//
// Limits: kTransfersMax files at a time, one a peer and database; a file nobody asks for goes after
// kTransferIdleMax. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/service/outbox.h"
#include "agent/service/worker.h"
#include "agent/wire/messages.h"

namespace murmel::service {

inline constexpr std::size_t kTransfersMax = 8;
inline constexpr Duration kTransferIdleMax = seconds(600);

struct TransferStatus {
  NodeId to = 0;
  std::string database;
  bool ready = false;
  std::int64_t sent_to = 0;  // greatest offset asked for
  std::int64_t total = 0;
};

class SnapshotDonor {
 public:
  // `path_of`: the file of a database, empty if there is no such database here.
  using PathOf = std::function<std::string(const std::string& database)>;
  SnapshotDonor(io::Loop& loop, NodeId node, std::string folder, PeerOutbox& outbox, PathOf path_of);
  ~SnapshotDonor();
  SnapshotDonor(const SnapshotDonor&) = delete;
  SnapshotDonor& operator=(const SnapshotDonor&) = delete;

  void received(NodeId from, const std::string& database, const wire::SnapshotRequest& request);
  std::vector<TransferStatus> status() const;
  bool busy() const { return worker_->busy(); }  // makes or reads a file

 private:
  struct Transfer;

  void make(NodeId to, const std::string& database);
  void made(std::uint64_t id, const Status& status, std::int64_t bytes, wire::Hash128 hash);
  void offer(const Transfer& transfer);
  void send_chunk(Transfer& transfer, std::int64_t offset, std::int64_t bytes_max);
  void refuse(NodeId to, const std::string& database, std::uint64_t transfer, const std::string& why);
  void drop(std::uint64_t id);
  void drop_idle();

  io::Loop& loop_;
  NodeId node_;
  std::string folder_;
  PeerOutbox& outbox_;
  PathOf path_of_;
  std::map<std::uint64_t, std::unique_ptr<Transfer>> transfers_;
  std::uint64_t last_id_;
  io::Timer idle_timer_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace murmel::service
