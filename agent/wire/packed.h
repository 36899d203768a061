// Packed: a message ready to be sent to any number of peers: encoded once, compressed once, then shared.
// Decompression is bounded by a limit and by the size that the sender declared. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "agent/base/bytes.h"
#include "agent/base/result.h"

namespace murmel::wire {

struct Packed {
  SharedBytes body;
  bool compressed = false;  // body = u32 size, zstd frame
  std::size_t message_bytes = 0;
};

// Compresses when the message has at least `compress_min_bytes` (0: never) and it pays.
Packed pack(std::string message, std::size_t compress_min_bytes);

// The message in a compressed body, appended to nothing: `out` is replaced. Errors: kCorrupt (not zstd, or
// not the declared size), kFull (declared size above `bytes_max`).
Status unpack(ByteView body, std::size_t bytes_max, std::string& out);

}  // namespace murmel::wire
