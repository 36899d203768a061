// The compressed protocol: after the login, the stream of packets travels in frames of its own, with their
// length compressed (3 bytes), a number (1) and the length before it was (3; 0: sent as it is).
//
// Each frame holds at most 16 MiB - 1 when unpacked; frames are unpacked one by one, as they are asked for,
// so a few bytes never become more than that in memory. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/mysql/errors.h"

namespace murmel::mysql {

enum class CompressionKind { kZlib, kZstd };

class Compression {
 public:
  // `level`: of zstd, 1 to 22.
  Compression(CompressionKind kind, int level) : kind_(kind), level_(level) {}

  void feed(std::string_view bytes) { buffer_ += bytes; }
  // The content of the next frame; nullopt: more bytes are needed. Errors: 1156, 1835.
  Answer<std::optional<std::string>> next();

  // Frames with `bytes`; their numbers go on from what came last.
  std::string pack(std::string_view bytes);
  // A command begins: its first frame has the number 0.
  void begin_command() { sequence_ = 0; }

 private:
  std::optional<std::string> unpack(std::string_view packed, std::size_t size) const;
  std::string squeeze(std::string_view bytes) const;

  CompressionKind kind_;
  int level_;
  std::string buffer_;
  std::uint8_t sequence_ = 0;
};

}  // namespace murmel::mysql
