// Names of Unix sockets in the file system, for those who bind one. Internal to agent/io.
#pragma once

#include <sys/un.h>

#include <string>

#include "agent/base/result.h"

namespace murmel::io {

// Makes room at `path` for a socket: one that a dead process left there is removed. kRefused: another kind of
// file lies there, which stays.
Status remove_stale_socket(const std::string& path, const std::string& what);

// kInvalid: the path is empty, or longer than a socket's address can hold.
Result<sockaddr_un> local_address(const std::string& path, const std::string& what);

// errno as an Error.
Error local_error(const std::string& what, const std::string& path);

}  // namespace murmel::io
