// A certificate of one's own making, for TLS with clients that do not check it, and its key, which also
// encrypts passwords on connections without TLS. Blocks for as long as a key takes to make; at start-up only.
#pragma once

#include <string>

#include "agent/base/result.h"

namespace murmel::io {

// Makes both files if either is missing; the key is readable by this user alone. Errors: kIo, kInternal.
Status make_key_files(const std::string& certificate, const std::string& key, const std::string& name);

}  // namespace murmel::io
