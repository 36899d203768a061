#include "agent/mysql/packets.h"

#include <algorithm>
#include <utility>

#include "agent/mysql/bytes.h"
#include "agent/mysql/protocol.h"

namespace murmel::mysql {
namespace {

constexpr std::size_t kBufferBytesKept = 1 << 20;

}  // namespace

void PacketReader::feed(std::string_view bytes) {
  if (taken_ == buffer_.size()) {
    buffer_.clear();
    taken_ = 0;
    if (buffer_.capacity() > kBufferBytesKept) buffer_.shrink_to_fit();
  } else if (taken_ > buffer_.size() / 2) {
    buffer_.erase(0, std::exchange(taken_, 0));
  }
  buffer_ += bytes;
}

Answer<std::optional<std::string>> PacketReader::next() {
  while (true) {
    const std::string_view waiting = std::string_view(buffer_).substr(taken_);
    if (waiting.size() < kPacketHeaderBytes) return std::optional<std::string>();
    Reader header(waiting.substr(0, kPacketHeaderBytes));
    const std::size_t size = header.fixed(3);
    const std::uint8_t sequence = header.u8();
    const bool in_order = !checked_ || sequence == sequence_;
    const bool fits = size + payload_.size() <= payload_bytes_max_;
    if (!in_order || !fits) {
      sequence_ = static_cast<std::uint8_t>(sequence + 1);  // of the answer that says so
      return in_order ? packet_too_large() : packets_out_of_order();
    }
    if (waiting.size() < kPacketHeaderBytes + size) return std::optional<std::string>();
    payload_ += waiting.substr(kPacketHeaderBytes, size);
    taken_ += kPacketHeaderBytes + size;
    ++sequence_;
    if (size < kPacketBytesMax) return std::optional<std::string>(std::exchange(payload_, {}));
  }
}

std::string PacketReader::take_rest() {
  return std::exchange(buffer_, {}).substr(std::exchange(taken_, 0));
}

void put_packets(std::string& out, std::string_view payload, std::uint8_t& sequence) {
  std::size_t size = 0;
  do {
    size = std::min(payload.size(), kPacketBytesMax);
    put_fixed(out, size, 3);
    put_fixed(out, sequence++, 1);
    out += payload.substr(0, size);
    payload.remove_prefix(size);
  } while (size == kPacketBytesMax);  // one of full length always has a successor
}

}  // namespace murmel::mysql
