#include "agent/io/uv_error.h"

#include <uv.h>

namespace murmel::io {
namespace {

ErrorCode code_of(int status) {
  switch (status) {
    case UV_ECONNREFUSED:
    case UV_ECONNRESET:
    case UV_EHOSTUNREACH:
    case UV_ENETUNREACH:
    case UV_EPIPE:
    case UV_EOF:
    case UV_EAI_AGAIN:
    case UV_EAI_NONAME:
    case UV_EAI_FAIL:
    case UV_EAI_NODATA: return ErrorCode::kUnavailable;
    case UV_ETIMEDOUT: return ErrorCode::kTimeout;
    case UV_EACCES:
    case UV_EPERM: return ErrorCode::kRefused;
    default: return ErrorCode::kIo;
  }
}

}  // namespace

Error uv_error(const std::string& what, int status) {
  return {code_of(status), what + ": " + uv_strerror(status)};
}

}  // namespace murmel::io
