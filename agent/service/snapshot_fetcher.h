// SnapshotFetcher: gets a snapshot of one database from a peer into a file, chunk by chunk, each chunk and
// the whole checked by hash. Goes on where it was after the link was lost, for as long as the donor keeps it.
//
//   kAsking ──offer──► kMaking ──ready──► kLoading ──all there──► kChecking ──hash right──► done(file)
//      any state ──refusal, damage, or no progress for snapshot_timeout──► done(error)
//
// Loop thread only; the file is written on a thread of its own. `done` is called once, and the fetcher may be
// destroyed in it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/base/result.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/service/outbox.h"
#include "agent/service/worker.h"
#include "agent/wire/messages.h"

namespace murmel::service {

enum class FetchState { kAsking, kMaking, kLoading, kChecking, kDone };
const char* fetch_state_name(FetchState state);

struct FetchOptions {
  NodeId donor = 0;
  std::string database;
  std::string file;  // written here; belongs to whoever gets it in `done`
  std::int64_t chunk_bytes = 256 << 10;
  Duration timeout = seconds(1'800);  // without any progress
};

struct FetchStatus {
  FetchState state = FetchState::kAsking;
  NodeId donor = 0;
  std::int64_t done = 0;  // kMaking: the donor's own count; then bytes
  std::int64_t total = 0;
};

class SnapshotFetcher {
 public:
  using Done = std::function<void(Result<std::string>)>;
  SnapshotFetcher(io::Loop& loop, FetchOptions options, PeerOutbox& outbox, Done done);
  ~SnapshotFetcher();
  SnapshotFetcher(const SnapshotFetcher&) = delete;
  SnapshotFetcher& operator=(const SnapshotFetcher&) = delete;

  void start();
  void received(NodeId from, const wire::SnapshotOffer& offer);
  void received(NodeId from, const wire::SnapshotChunk& chunk);
  FetchStatus status() const;
  NodeId donor() const { return options_.donor; }

 private:
  class Writer;

  void ask(std::int64_t offset, std::int64_t bytes_max);
  void ask_chunks();
  void tick();
  void progress();
  void written(const Status& status);
  void check();
  void finish(Result<std::string> result);

  io::Loop& loop_;
  FetchOptions options_;
  PeerOutbox& outbox_;
  Done done_;
  FetchState state_ = FetchState::kAsking;
  std::uint64_t transfer_ = 0;
  std::int64_t making_done_ = 0;
  std::int64_t total_ = 0;
  wire::Hash128 hash_{};
  std::int64_t received_to_ = 0;  // contiguous bytes handed to the writer
  std::int64_t written_to_ = 0;
  std::int64_t asked_to_ = 0;
  Instant last_progress_;
  Instant last_asked_;
  io::Timer timer_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace murmel::service
