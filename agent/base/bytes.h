// Bytes that are written once and then shared: a change set read from the log is sent to several peers
// from the same memory. SharedBytes is the one place where ownership is shared: every holder only reads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace murmel {

using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class SharedBytes {
 public:
  SharedBytes() = default;
  explicit SharedBytes(std::string bytes) : bytes_(std::make_shared<const std::string>(std::move(bytes))) {}

  ByteView view() const { return bytes_ ? as_bytes(*bytes_) : ByteView{}; }
  std::size_t size() const { return bytes_ ? bytes_->size() : 0; }
  bool empty() const { return size() == 0; }
  bool operator==(const SharedBytes& o) const { return as_text(view()) == as_text(o.view()); }

 private:
  std::shared_ptr<const std::string> bytes_;
};

}  // namespace murmel
