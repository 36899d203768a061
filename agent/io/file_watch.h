// FileWatch: notices commits of applications that send no datagram. Watches DATABASE-wal with inotify; when
// it is written to, looks come at once and again after 1, 5 and 20 ms, because SQLite writes frames before
// the commit can be seen. The -wal file comes and goes, so its directory is watched while it is missing; and
// a slow poll is the net under everything (file systems without inotify). Costs nothing while nothing
// happens. Loop thread only; the callback must not throw.
//
//   quiet ──event──► look ──1 ms──► look ──5 ms──► look ──20 ms──► look ──► quiet
//     ▲                ▲ an event on the way starts the row again, at most one look per millisecond
//     └── poll: look
#pragma once

#include <functional>
#include <string>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/io/handle.h"

namespace murmel::io {

class Loop;

inline constexpr Duration kFilePollDefault = seconds(1);

class FileWatch {
 public:
  // `database` is the path of the database file itself. Errors: kIo.
  static Result<FileWatch> make(Loop& loop, const std::string& database, std::function<void()> on_look,
                                Duration poll = kFilePollDefault);

  ~FileWatch();
  FileWatch(FileWatch&&) noexcept;
  FileWatch& operator=(FileWatch&&) noexcept;

 private:
  struct State;
  explicit FileWatch(Handle<State> state);
  Handle<State> state_;
};

}  // namespace murmel::io
