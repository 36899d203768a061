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

// The same for one message after the other: once kPatience in a row did not pay, it tries one of so many,
// until one pays. For one thread at a time.
class Packer {
 public:
  static constexpr int kPatience = 8;
  static constexpr std::size_t kAlwaysBytes = 65'536;  // messages of so many are always tried

  explicit Packer(std::size_t compress_min_bytes) : compress_min_bytes_(compress_min_bytes) {}
  Packed pack(std::string message);

 private:
  const std::size_t compress_min_bytes_;
  int in_vain_ = 0;  // in a row
  int left_ = 0;     // so many are not tried
};

// The message in a compressed body, appended to nothing: `out` is replaced. Errors: kCorrupt (not zstd, or
// not the declared size), kFull (declared size above `bytes_max`).
Status unpack(ByteView body, std::size_t bytes_max, std::string& out);

}  // namespace murmel::wire
