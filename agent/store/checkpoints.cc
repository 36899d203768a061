#include "agent/store/checkpoints.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <system_error>

#include "agent/store/lock_wait.h"

namespace murmel::store {
namespace {

constexpr char kMain[] = "main";
constexpr int kPassesMax = 5;
constexpr auto kPause = std::chrono::microseconds(500);
constexpr char kNotSynced[] =
    "{} can't be synced ({}), so its WAL is kept; look at the disk, end all that has the file open, then "
    "start "
    "again";

using Handle = std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)>;

Handle open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle opened(handle, &sqlite3_close_v2);
  // Only a connection that has read knows that there is a WAL.
  const bool read = code == SQLITE_OK && sqlite3_exec(handle, "SELECT 1 FROM sqlite_schema LIMIT 1", nullptr,
                                                      nullptr, nullptr) == SQLITE_OK;
  if (!read) opened.reset();
  return opened;
}

// A passive checkpoint during which something was committed leaves it to the one that begins anew, which
// would hold up a commit for as long as it takes. The descriptor is SQLite's: with another one its locks
// would go.
int sync_database(sqlite3* own) {
  sqlite3_file* file = nullptr;
  const int code = sqlite3_file_control(own, kMain, SQLITE_FCNTL_FILE_POINTER, &file);
  if (code != SQLITE_OK || file->pMethods == nullptr) return code;
  return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
}

// What a checkpoint writes waits for what somebody waits for, where the disk's scheduler knows priorities.
// ioprio_set(2); its header in the kernel is not for C++.
void give_way() {
  constexpr int kThisThread = 1;  // IOPRIO_WHO_PROCESS
  constexpr int kIdle = 3 << 13;  // IOPRIO_CLASS_IDLE
  syscall(SYS_ioprio_set, kThisThread, 0, kIdle);
}

}  // namespace

Checkpoints::Checkpoints(sqlite3* handle, int lock_wait_ms)
    : handle_(handle), path_(sqlite3_db_filename(handle, kMain)), lock_wait_ms_(lock_wait_ms) {
  sqlite3_wal_hook(handle, on_commit, this);
}

Checkpoints::~Checkpoints() {
  sqlite3_wal_hook(handle_, nullptr, nullptr);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

int Checkpoints::on_commit(void* self, sqlite3* /*handle*/, const char* /*schema*/, int frames) noexcept {
  static_cast<Checkpoints*>(self)->committed(frames);
  return SQLITE_OK;
}

void Checkpoints::committed(int frames) {
  if (frames < last_) {
    next_ = kFrames;
    next_wait_ = kFramesMax;
  }
  last_ = frames;
  if (given_up_) return;
  if (caught_up_.exchange(false) && frames >= next_wait_) begin_anew();
  if (frames < next_) return;
  next_ = frames + kFrames;
  order();
}

// What is left to be written back is what was committed during the checkpoint. SQLite waits for one reader
// after the other, so what is bounded is the time of all.
void Checkpoints::begin_anew() {
  const int share = std::clamp(last_ / kFramesMax, 1, kReaderWaitMostMs / kReaderWaitMs);
  give_up_ = Clock::now() + std::chrono::milliseconds(share * kReaderWaitMs);
  sqlite3_busy_handler(handle_, still_waiting, this);
  const int code = sqlite3_wal_checkpoint_v2(handle_, kMain, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
  wait_for_locks(handle_, lock_wait_ms_);
  went_well(code, handle_);
  // Somebody who reads for longer is not asked again soon.
  next_wait_ = code == SQLITE_OK ? kFramesMax : last_ + kFramesMax / 8;
}

int Checkpoints::still_waiting(void* self, int /*calls*/) noexcept {
  if (Clock::now() >= static_cast<Checkpoints*>(self)->give_up_) return 0;
  std::this_thread::sleep_for(kPause);
  return 1;
}

void Checkpoints::order() {
  {
    const std::lock_guard lock(mutex_);
    ordered_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) return;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {  // no thread is to be had now
    went_well(sqlite3_wal_checkpoint_v2(handle_, kMain, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr),
              handle_);
  }
}

void Checkpoints::run() {
  pthread_setname_np(pthread_self(), "checkpoints");
  give_way();
  Handle own(nullptr, &sqlite3_close_v2);
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ordered_ || stopping_; });
      if (stopping_) return;
      ordered_ = false;
    }
    if (own == nullptr) own = open(path_);
    if (own == nullptr) {
      note("can't open " + path_ + " for a checkpoint");
      continue;
    }
    write_back(own.get());
  }
}

// A short WAL once; a long one until little was written meanwhile.
void Checkpoints::write_back(sqlite3* own) {
  for (int pass = 0; pass < kPassesMax; ++pass) {
    int frames = 0;
    const int code = sqlite3_wal_checkpoint_v2(own, kMain, SQLITE_CHECKPOINT_PASSIVE, nullptr, &frames);
    if (!went_well(code, own) || code != SQLITE_OK) return;
    const bool is_long = last_ >= kFramesMax;
    if (frames < synced_) synced_ = 0;
    if (is_long || frames - synced_ >= kFramesUnsynced) {
      const int synced = sync_database(own);
      if (synced != SQLITE_OK) {
        given_up_ = true;
        return note(fmt::format(kNotSynced, path_, sqlite3_errstr(synced)));
      }
      synced_ = frames;
    }
    if (!is_long || last_ - frames < kFramesLeft) break;
  }
  caught_up_ = true;
  if (!given_up_) note({});  // the commit that begins anew may have found that meanwhile
}

bool Checkpoints::went_well(int code, sqlite3* where) {
  if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) return true;
  given_up_ = given_up_ || sqlite3_extended_errcode(where) == SQLITE_IOERR_FSYNC;
  note(given_up_ ? fmt::format(kNotSynced, path_, sqlite3_errmsg(where))
                 : fmt::format("no checkpoint of {}: {}", path_, sqlite3_errmsg(where)));
  return false;
}

void Checkpoints::note(std::string failure) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(failure);
}

std::string Checkpoints::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace murmel::store
