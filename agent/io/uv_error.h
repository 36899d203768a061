// libuv's error numbers become Errors here, and only here.
#pragma once

#include <string>

#include "agent/base/result.h"

namespace murmel::io {

// `what` says what was tried, as "listen on 127.0.0.1:7000".
Error uv_error(const std::string& what, int status);

}  // namespace murmel::io
