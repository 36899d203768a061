#include "agent/io/local_socket.h"

#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <cstring>

#include "agent/io/uv_error.h"

namespace murmel::io {

Error local_error(const std::string& what, const std::string& path) {
  return uv_error(what + " " + path, uv_translate_sys_error(errno));
}

Status remove_stale_socket(const std::string& path, const std::string& what) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return Ok{};
    return local_error("look at", path);
  }
  if (!S_ISSOCK(info.st_mode)) {
    return Error{ErrorCode::kRefused, path + " is in the way of the " + what + "; move it elsewhere"};
  }
  if (::unlink(path.c_str()) != 0) return local_error("remove the old socket", path);
  return Ok{};
}

Result<sockaddr_un> local_address(const std::string& path, const std::string& what) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return Error{ErrorCode::kInvalid, "the " + what + "'s path must have 1 to " +
                                          std::to_string(sizeof address.sun_path - 1) + " bytes: " + path +
                                          "; choose a shorter data directory"};
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

}  // namespace murmel::io
