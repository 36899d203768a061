#include "agent/io/file_watch.h"

#include <uv.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <utility>

#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/io/uv_error.h"

namespace murmel::io {
namespace {

// Waits between looks after an event; looks come 1, 5, 10 and 20 ms after it.
constexpr std::array<Duration, 4> kWaits = {milliseconds(1), milliseconds(4), milliseconds(5),
                                            milliseconds(10)};
constexpr std::size_t kQuiet = kWaits.size();
constexpr Duration kLateWait = milliseconds(20);

}  // namespace

struct FileWatch::State {
  uv_fs_event_t event{};
  std::string directory;
  std::string wal_name;
  std::function<void()> on_look;
  Duration poll_interval;
  bool has_events = false;
  std::size_t step = kQuiet;  // which of kWaits is running
  bool found = true;          // commits of others, since the event before the last one
  std::optional<Timer> recheck;
  std::optional<Timer> poll;

  int listen() {
    const auto changed = [](uv_fs_event_t* handle, const char* name, int, int) noexcept {
      static_cast<State*>(handle->data)->on_event(name);
    };
    const int status = uv_fs_event_start(&event, changed, directory.c_str(), 0);
    has_events = status == 0;
    return status;
  }

  // Whoever writes without a pause, the agent itself above all, would wake the loop with each write.
  void on_event(const char* name) {
    if (name != nullptr && wal_name != name) return;
    uv_fs_event_stop(&event);
    const bool expected = std::exchange(found, false);
    step = expected ? 0 : kQuiet - 1;
    recheck->start(expected ? kWaits[step] : kLateWait);
  }

  // What is written after the last look, or too shortly before it to be seen, is an event again.
  void on_recheck() {
    ++step;
    if (step < kQuiet) {
      recheck->start(kWaits[step]);
    } else {
      listen();
    }
    on_look();
  }

  void on_poll() {
    poll->start(poll_interval);
    if (step == kQuiet && !has_events) listen();
    on_look();
  }

  static void close(State* state) noexcept {
    state->recheck.reset();
    state->poll.reset();
    uv_close(reinterpret_cast<uv_handle_t*>(&state->event),
             [](uv_handle_t* handle) noexcept { delete static_cast<State*>(handle->data); });
  }
};

Result<FileWatch> FileWatch::make(Loop& loop, const std::string& database, std::function<void()> on_look,
                                  Duration poll) {
  const std::filesystem::path path(database);
  Handle<State> state(new State);
  State* raw = state.get();                        // both timers are destroyed with the state
  uv_fs_event_init(loop.handle(), &state->event);  // never fails
  state->event.data = raw;
  state->directory = path.has_parent_path() ? path.parent_path().string() : ".";
  state->wal_name = path.filename().string() + "-wal";
  state->on_look = std::move(on_look);
  state->poll_interval = poll;
  state->recheck.emplace(loop, [raw] { raw->on_recheck(); });
  state->poll.emplace(loop, [raw] { raw->on_poll(); });
  state->poll->start(poll);

  const int status = state->listen();
  if (status == UV_ENOENT || status == UV_ENOTDIR) return uv_error("watch " + state->directory, status);
  return FileWatch(std::move(state));
}

void FileWatch::found_commits() {
  state_->found = true;
}

bool FileWatch::has_events() const {
  return state_->has_events;
}

FileWatch::FileWatch(Handle<State> state) : state_(std::move(state)) {}
FileWatch::FileWatch(FileWatch&&) noexcept = default;
FileWatch& FileWatch::operator=(FileWatch&&) noexcept = default;
FileWatch::~FileWatch() = default;

}  // namespace murmel::io
