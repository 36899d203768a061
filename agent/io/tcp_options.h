// What every peer connection asks of the kernel. Internal to agent/io.
#pragma once

#include <uv.h>

#include <string>

#include "agent/base/result.h"
#include "agent/base/time.h"

namespace murmel::io {

// No delay for small frames; and the kernel gives up on a peer that is gone (no answer, no acknowledgement)
// within about `silent_max`, also when nothing is sent. Errors: kIo.
Status set_tcp_options(uv_tcp_t* tcp, Duration silent_max);

// Numeric address of the other side. Errors: kIo.
Result<std::string> peer_address(const uv_tcp_t* tcp);

}  // namespace murmel::io
