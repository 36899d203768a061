#include "agent/service/snapshot_fetcher.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "agent/base/hash.h"
#include "agent/service/file_hash.h"
#include "agent/service/whole_file.h"

namespace murmel::service {
namespace {

constexpr std::int64_t kChunksUnderWay = 8;
constexpr Duration kTickInterval = milliseconds(200);
constexpr Duration kAskAgainAfter = seconds(2);

}  // namespace

const char* fetch_state_name(FetchState state) {
  switch (state) {
    case FetchState::kAsking: return "asking";
    case FetchState::kMaking: return "making";
    case FetchState::kLoading: return "loading";
    case FetchState::kChecking: return "checking";
    case FetchState::kDone: return "done";
  }
  return "unknown";
}

// The file, and the thread that writes and reads it. Results go to the loop and name the fetcher; the thread
// is joined before the fetcher ends, and `alive` drops what was posted by then.
class SnapshotFetcher::Writer {
 public:
  Writer(io::Loop& loop, SnapshotFetcher& owner, std::string file)
      : loop_(loop), owner_(owner), file_(std::move(file)), worker_(std::make_unique<Worker>("fetch")) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    worker_.reset();
    *alive_ = false;
    if (fd_ >= 0) close(fd_);
  }

  void write(std::int64_t offset, SharedBytes bytes) {
    worker_->post([this, offset, bytes = std::move(bytes)] {
      const Status status = write_now(offset, bytes.view());
      post([status](SnapshotFetcher& owner) { owner.written(status); });
    });
  }
  void check(std::int64_t bytes, wire::Hash128 hash) {
    worker_->post([this, bytes, hash] {
      const auto found = hash_file(file_);
      Result<std::string> result = file_;
      if (!found.ok()) {
        result = found.error();
      } else if (found->bytes != bytes || found->hash != hash) {
        result = Error{ErrorCode::kCorrupt, "the snapshot arrived damaged"};
      }
      post([result](SnapshotFetcher& owner) { owner.finish(result); });
    });
  }

 private:
  Status write_now(std::int64_t offset, ByteView bytes) {
    if (fd_ < 0) fd_ = open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd_ < 0) return system_error("can't create " + file_);
    while (!bytes.empty()) {
      const ssize_t count = pwrite(fd_, bytes.data(), bytes.size(), offset);
      if (count <= 0) return system_error("can't write " + file_);
      offset += count;
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return Ok{};
  }
  template <typename F>
  void post(F f) {
    INVARIANT(loop_.post([alive = alive_, owner = &owner_, f = std::move(f)] {
      if (*alive) f(*owner);
    }));
  }

  io::Loop& loop_;
  SnapshotFetcher& owner_;
  std::string file_;
  int fd_ = -1;  // worker only, until it has ended
  // Shared with tasks on their way to the loop; read and written on the loop thread only.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<Worker> worker_;
};

SnapshotFetcher::SnapshotFetcher(io::Loop& loop, FetchOptions options, PeerOutbox& outbox, Done done)
    : loop_(loop),
      options_(std::move(options)),
      outbox_(outbox),
      done_(std::move(done)),
      last_progress_(loop.now()),
      timer_(loop, [this] { tick(); }),
      writer_(std::make_unique<Writer>(loop, *this, options_.file)) {}

SnapshotFetcher::~SnapshotFetcher() = default;

void SnapshotFetcher::start() {
  ask(0, 0);
  timer_.start(kTickInterval);
}

void SnapshotFetcher::ask(std::int64_t offset, std::int64_t bytes_max) {
  last_asked_ = loop_.now();
  outbox_.send({options_.donor}, wire::encode({.database = options_.database,
                                               .body = wire::SnapshotRequest{transfer_, offset, bytes_max}}));
}

void SnapshotFetcher::progress() {
  last_progress_ = loop_.now();
}

void SnapshotFetcher::tick() {
  if (loop_.now() - last_progress_ > options_.timeout) {
    return finish(
        Error{ErrorCode::kTimeout, fmt::format("no progress for {} s", options_.timeout.ms() / 1'000)});
  }
  timer_.start(kTickInterval);
  if (!outbox_.linked(options_.donor)) return;
  const bool silent = loop_.now() - last_asked_ > kAskAgainAfter;
  switch (state_) {
    case FetchState::kAsking:
      if (silent) ask(0, 0);
      break;
    case FetchState::kMaking: ask(0, 0); break;
    case FetchState::kLoading:
      if (silent && loop_.now() - last_progress_ > kAskAgainAfter) {  // lost: ask again from here
        asked_to_ = received_to_;
        ask_chunks();
      }
      break;
    case FetchState::kChecking:
    case FetchState::kDone: break;
  }
}

void SnapshotFetcher::received(NodeId from, const wire::SnapshotOffer& offer) {
  if (from != options_.donor || state_ == FetchState::kChecking || state_ == FetchState::kDone) return;
  if (!offer.error.empty()) {
    if (offer.transfer != transfer_ && offer.transfer != 0) return;
    return finish(Error{ErrorCode::kUnavailable, fmt::format("node {}: {}", from, offer.error)});
  }
  if (state_ == FetchState::kAsking) {
    transfer_ = offer.transfer;
    state_ = FetchState::kMaking;
  }
  if (offer.transfer != transfer_ || state_ != FetchState::kMaking) return;
  if (offer.done != making_done_) progress();
  making_done_ = offer.done;
  total_ = offer.total;
  if (!offer.ready) return;
  if (total_ <= 0)
    return finish(Error{ErrorCode::kCorrupt, fmt::format("node {} offers an empty snapshot", from)});
  hash_ = offer.hash;
  state_ = FetchState::kLoading;
  progress();
  ask_chunks();
}

void SnapshotFetcher::ask_chunks() {
  const std::int64_t window_end = std::min(total_, written_to_ + kChunksUnderWay * options_.chunk_bytes);
  while (asked_to_ < window_end) {
    ask(asked_to_, options_.chunk_bytes);
    asked_to_ = std::min(total_, asked_to_ + options_.chunk_bytes);
  }
}

void SnapshotFetcher::received(NodeId from, const wire::SnapshotChunk& chunk) {
  if (from != options_.donor || chunk.transfer != transfer_ || state_ != FetchState::kLoading) return;
  if (chunk.offset != received_to_) return;  // a repeated one, or one after a lost one: asked for again
  const auto length = static_cast<std::int64_t>(chunk.bytes.size());
  if (length == 0 || length > std::min(options_.chunk_bytes, total_ - received_to_)) return;
  if (hash64(chunk.bytes.view()) != chunk.hash) {
    return finish(Error{ErrorCode::kCorrupt, fmt::format("node {} sent a damaged chunk", from)});
  }
  received_to_ += length;
  progress();
  writer_->write(chunk.offset, chunk.bytes);
}

void SnapshotFetcher::written(const Status& status) {
  if (state_ != FetchState::kLoading) return;
  if (!status.ok()) return finish(status.error());
  written_to_ = std::min(received_to_, written_to_ + options_.chunk_bytes);
  if (written_to_ < total_) return ask_chunks();
  state_ = FetchState::kChecking;
  writer_->check(total_, hash_);
}

void SnapshotFetcher::finish(Result<std::string> result) {
  state_ = FetchState::kDone;
  timer_.stop();
  if (!result.ok()) {
    std::error_code ignored;  // a leftover is removed at the next start
    std::filesystem::remove(options_.file, ignored);
  }
  const Done done = std::move(done_);
  done(std::move(result));
}

FetchStatus SnapshotFetcher::status() const {
  const bool making = state_ == FetchState::kAsking || state_ == FetchState::kMaking;
  return {state_, options_.donor, making ? making_done_ : written_to_, total_};
}

}  // namespace murmel::service
