// The protocol's integers and strings: little-endian, or with their length before them ("length-encoded": one
// byte up to 250, else 0xfc, 0xfd, 0xfe and 2, 3, 8 bytes; 0xfb stands for NULL in a row).
//
// Reader never reads beyond its bytes: after a failed read it gives zeros and empty text, and ok() is false
// for good, so that a parser asks once at its end. What it gives points into the bytes. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/bytes.h"

namespace murmel::mysql {

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

  // 1 to 8 bytes.
  std::uint64_t fixed(int size);
  std::uint8_t u8() { return static_cast<std::uint8_t>(fixed(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(fixed(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(fixed(4)); }
  std::uint64_t lenenc();
  std::string_view text(std::uint64_t size);
  std::string_view lenenc_text() { return text(lenenc()); }
  // Up to a zero byte, which must be there and is skipped.
  std::string_view zero_ended();
  // As zero_ended(), but the end of the bytes will do as well.
  std::string_view zero_or_end();
  std::string_view rest() { return text(rest_.size()); }
  // For a parser that knows better: nothing is read from now on.
  std::uint64_t fail();

 private:
  std::string_view rest_;
  bool ok_ = true;
};

void put_fixed(std::string& out, std::uint64_t value, int size);
void put_lenenc(std::string& out, std::uint64_t value);
void put_lenenc_text(std::string& out, std::string_view text);
void put_zero_ended(std::string& out, std::string_view text);
inline constexpr char kNullInRow = '\xfb';

}  // namespace murmel::mysql
