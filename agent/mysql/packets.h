// Packets: a payload travels as pieces of at most 16 MiB - 1, each with its length (3 bytes) and a number (1
// byte) that counts up within an exchange and begins at 0 with each command.
//
//   bytes ──PacketReader──► whole payloads        payload ──put_packets──► bytes
//
// Memory follows the bytes that have arrived, never a length that is claimed. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/bytes.h"
#include "agent/mysql/errors.h"

namespace murmel::mysql {

class PacketReader {
 public:
  explicit PacketReader(std::size_t payload_bytes_max) : payload_bytes_max_(payload_bytes_max) {}

  void feed(std::string_view bytes);
  // The next whole payload; nullopt: more bytes are needed. After an error the stream is lost.
  // Errors: 1153 (longer than the limit), 1156 (out of order).
  Answer<std::optional<std::string>> next();

  // The number that the next packet must have; with compression the packets around them count instead.
  std::uint8_t sequence() const { return sequence_; }
  void expect(std::uint8_t sequence) { sequence_ = sequence; }
  void ignore_sequence() { checked_ = false; }
  void set_limit(std::size_t payload_bytes_max) { payload_bytes_max_ = payload_bytes_max; }
  // Bytes that came and were not given out yet.
  std::size_t buffered() const { return buffer_.size() - taken_ + payload_.size(); }
  // Gives them back as they came, for whoever reads the stream from now on.
  std::string take_rest();

 private:
  std::size_t payload_bytes_max_;
  std::string buffer_;
  std::size_t taken_ = 0;  // of buffer_
  std::string payload_;    // of packets that go on
  std::uint8_t sequence_ = 0;
  bool checked_ = true;
};

// Appends `payload` as packets that count from `sequence` on, and moves it behind them.
void put_packets(std::string& out, std::string_view payload, std::uint8_t& sequence);

}  // namespace murmel::mysql
