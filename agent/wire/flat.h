// Small helpers around FlatBuffers, shared by the encoders of this folder and not included elsewhere.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "agent/base/bytes.h"

namespace murmel::wire {

// FlatBuffers reads numbers where they lie, so a buffer must start at an address as aligned as its content.
// Copies the bytes only if they do not.
class Aligned {
 public:
  explicit Aligned(ByteView bytes) : bytes_(bytes) {
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % kAlignment == 0) return;
    copy_ = std::make_unique_for_overwrite<std::uint64_t[]>(bytes.size() / sizeof(std::uint64_t) + 1);
    std::memcpy(copy_.get(), bytes.data(), bytes.size());
    bytes_ = {reinterpret_cast<const std::uint8_t*>(copy_.get()), bytes.size()};
  }
  ByteView view() const { return bytes_; }

 private:
  static constexpr std::uintptr_t kAlignment = 8;
  ByteView bytes_;
  std::unique_ptr<std::uint64_t[]> copy_;
};

inline std::string finished(const flatbuffers::FlatBufferBuilder& builder) {
  return std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
}

inline bool printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

inline std::string_view text_of(const flatbuffers::String* text) {
  return text == nullptr ? std::string_view() : std::string_view(text->c_str(), text->size());
}

}  // namespace murmel::wire
