// FileWatch: notices commits of applications that send no datagram. inotify tells that DATABASE-wal was
// written to; looks come 1, 5, 10 and 20 ms later, because SQLite writes frames before the commit can be
// seen. Meanwhile events are not listened to, as a file that is written without a pause would raise thousands
// of them. Where such a round of looks has found nothing, it was the agent that wrote, and as long as that
// goes on one look follows an event, 20 ms later. The -wal file comes and goes, so its directory is watched;
// a slow poll is the net under everything (file systems without inotify). Costs nothing while nothing
// happens. Loop thread only; the callback must not throw and must not destroy the watch.
//
//   quiet ──event──► wait 1 ms ──look──► wait 4 ms ──look──► wait 5 ms ──look──► wait 10 ms ──look──► quiet
//     └─event, nothing found──► wait 20 ms ──look──► quiet
//   The poll looks in every state and changes none.
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

  // To be told of what was found; a look need not find it at once.
  void found_commits();

  // False: the system gives no file events (out of inotify watches, an odd file system); only the poll looks.
  bool has_events() const;

  ~FileWatch();
  FileWatch(FileWatch&&) noexcept;
  FileWatch& operator=(FileWatch&&) noexcept;

 private:
  struct State;
  explicit FileWatch(Handle<State> state);
  Handle<State> state_;
};

}  // namespace murmel::io
