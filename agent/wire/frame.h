// Frame: the unit on a peer link. This is the only place that knows its layout.
//
//   u32 length   of everything after it, little-endian
//   u8  type     FrameType
//   u8  flags    FrameFlags; unknown bits are an error
//   body
//   [16 bytes]   seal, after the handshake on links without TLS (agent/io/seal.h)
//
// FrameParser cuts a byte stream into frames in place. Memory follows the bytes that have arrived, never the
// length that a peer claims. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "agent/base/result.h"

namespace murmel::wire {

enum class FrameType : std::uint8_t {
  kHello = 1,    // both sides, first (schemas/peer.fbs)
  kProof = 2,    // dialer, then acceptor
  kRefusal = 3,  // either side, instead of going on
  kMessage = 4,  // schemas/peer.fbs
};

enum FrameFlags : std::uint8_t { kNoFlags = 0, kCompressed = 1 };

inline constexpr std::size_t kFramePrefixBytes = 4;  // the length
inline constexpr std::size_t kFrameHeaderBytes = 6;  // the length, type and flags

// Largest frame before a peer has proven the secret.
inline constexpr std::uint32_t kHandshakeFrameBytesMax = 4096;

using FrameHeader = std::array<std::uint8_t, kFrameHeaderBytes>;

// `rest_bytes`: body and seal.
FrameHeader frame_header(FrameType type, std::uint8_t flags, std::size_t rest_bytes);

struct Frame {
  FrameType type = FrameType::kMessage;
  std::uint8_t flags = 0;
  std::span<std::uint8_t> header;  // as it came
  std::span<std::uint8_t> rest;    // body and seal
};

class FrameParser {
 public:
  explicit FrameParser(std::uint32_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}

  void set_limit(std::uint32_t frame_bytes_max) { frame_bytes_max_ = frame_bytes_max; }

  // Where to put the next bytes; never empty. Frames returned before become invalid.
  std::span<std::uint8_t> space();
  // `bytes` of space() have been filled.
  void filled(std::size_t bytes);
  // The next whole frame, or nothing if more bytes are needed. Errors: kCorrupt (unknown type or flag, a
  // length too small), kFull (a length above the limit). After an error the stream is lost.
  Result<std::optional<Frame>> next();

 private:
  std::size_t pending() const { return end_ - begin_; }
  void grow_or_compact();

  std::uint32_t frame_bytes_max_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;  // first byte that has not been returned
  std::size_t end_ = 0;    // end of what has arrived
};

}  // namespace murmel::wire
