// Writing a small file so that readers, and a restart after a crash, find the old or the new text and never a
// part: written beside, then renamed. Any thread; blocks on the disk only as `Sync` says.
#pragma once

#include <string>

#include "agent/base/result.h"

namespace murmel::service {

enum class Sync {
  kNo,   // lost at a power failure, perhaps; for what can be told again
  kYes,  // on disk when this returns
};

// Errors: kFull, kIo. The file is readable by its owner only.
Status write_whole_file(const std::string& path, const std::string& text, Sync sync);

// `what`: reason as errno tells it. kFull if the disk or a quota is full.
Error system_error(const std::string& what);

}  // namespace murmel::service
