#include "agent/wire/frame.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "agent/base/check.h"

namespace murmel::wire {
namespace {

constexpr std::size_t kReadBytesMin = 4096;  // less free space than this is not worth a read
constexpr std::size_t kBufferBytesStart = 64 << 10;
constexpr std::size_t kBufferBytesKept = 1 << 20;  // an empty buffer above this is given back

std::uint32_t load_length(const std::uint8_t* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
         static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

bool known_type(std::uint8_t type) {
  return type >= static_cast<std::uint8_t>(FrameType::kHello) &&
         type <= static_cast<std::uint8_t>(FrameType::kMessage);
}

}  // namespace

FrameHeader frame_header(FrameType type, std::uint8_t flags, std::size_t rest_bytes) {
  const std::size_t length = rest_bytes + kFrameHeaderBytes - kFramePrefixBytes;
  INVARIANT(length <= UINT32_MAX);
  return {static_cast<std::uint8_t>(length),       static_cast<std::uint8_t>(length >> 8),
          static_cast<std::uint8_t>(length >> 16), static_cast<std::uint8_t>(length >> 24),
          static_cast<std::uint8_t>(type),         flags};
}

std::span<std::uint8_t> FrameParser::space() {
  if (capacity_ - end_ < kReadBytesMin) grow_or_compact();
  return {buffer_.get() + end_, capacity_ - end_};
}

void FrameParser::filled(std::size_t bytes) {
  INVARIANT(bytes <= capacity_ - end_);
  end_ += bytes;
}

Result<std::optional<Frame>> FrameParser::next() {
  if (pending() < kFrameHeaderBytes) return std::optional<Frame>();
  std::uint8_t* start = buffer_.get() + begin_;
  const std::uint32_t length = load_length(start);
  if (length < kFrameHeaderBytes - kFramePrefixBytes) {
    return Error{ErrorCode::kCorrupt, "a frame says that it has " + std::to_string(length) + " bytes"};
  }
  if (length > frame_bytes_max_) {
    return Error{ErrorCode::kFull, "a frame says that it has " + std::to_string(length) +
                                       " bytes, more than the limit of " + std::to_string(frame_bytes_max_)};
  }
  if (!known_type(start[4])) {
    return Error{ErrorCode::kCorrupt, "a frame has the unknown type " + std::to_string(start[4])};
  }
  if ((start[5] & ~kCompressed) != 0) {
    return Error{ErrorCode::kCorrupt, "a frame has the unknown flags " + std::to_string(start[5])};
  }
  if (pending() - kFramePrefixBytes < length) return std::optional<Frame>();
  begin_ += kFramePrefixBytes + length;
  const std::size_t rest = length - (kFrameHeaderBytes - kFramePrefixBytes);
  return std::optional(Frame{static_cast<FrameType>(start[4]),
                             start[5],
                             {start, kFrameHeaderBytes},
                             {start + kFrameHeaderBytes, rest}});
}

// Moves what is pending to the front, of a larger buffer if it fills half of this one.
void FrameParser::grow_or_compact() {
  const std::size_t kept = pending();
  std::size_t wanted = std::max(capacity_, kBufferBytesStart);
  if (kept == 0 && wanted > kBufferBytesKept) wanted = kBufferBytesStart;
  if (kept > wanted / 2) wanted *= 2;
  if (wanted == capacity_) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, kept);
  } else {
    auto larger = std::make_unique_for_overwrite<std::uint8_t[]>(wanted);
    if (kept > 0) std::memcpy(larger.get(), buffer_.get() + begin_, kept);
    buffer_ = std::move(larger);
    capacity_ = wanted;
  }
  begin_ = 0;
  end_ = kept;
}

}  // namespace murmel::wire
