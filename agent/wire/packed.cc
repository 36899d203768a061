#include "agent/wire/packed.h"

#include <zstd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "agent/base/check.h"

namespace murmel::wire {
namespace {

// Finds what repeats and leaves letters as they are: a link is faster than any better level.
constexpr int kLevel = -1;
constexpr std::size_t kSizeBytes = 4;

std::string size_prefix(std::size_t size) {
  std::string prefix(kSizeBytes, '\0');
  for (std::size_t i = 0; i < kSizeBytes; ++i) prefix[i] = static_cast<char>(size >> (8 * i));
  return prefix;
}

std::size_t load_size(ByteView body) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < kSizeBytes; ++i) size |= static_cast<std::size_t>(body[i]) << (8 * i);
  return size;
}

// What compressing needs is big, so it is kept for the thread's next message.
std::size_t compress(std::string& out, std::size_t from, std::string_view bytes) {
  thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                                  &ZSTD_freeCCtx);
  return ZSTD_compressCCtx(context.get(), out.data() + from, out.size() - from, bytes.data(), bytes.size(),
                           kLevel);
}

Error bad_pack(const char* why) {
  return {ErrorCode::kCorrupt, std::string("a compressed message ") + why};
}

}  // namespace

Packed pack(std::string message, std::size_t compress_min_bytes) {
  const std::size_t size = message.size();
  if (compress_min_bytes == 0 || message.size() < compress_min_bytes || message.size() > UINT32_MAX) {
    return {SharedBytes(std::move(message)), false, size};
  }
  std::string body = size_prefix(message.size());
  body.resize(kSizeBytes + ZSTD_compressBound(message.size()));
  const std::size_t written = compress(body, kSizeBytes, message);
  // Less than a tenth saved is not worth the receiver's time.
  const bool pays = ZSTD_isError(written) == 0 && kSizeBytes + written < message.size() / 10 * 9;
  if (!pays) return {SharedBytes(std::move(message)), false, size};
  body.resize(kSizeBytes + written);
  body.shrink_to_fit();  // it may wait in a send queue
  return {SharedBytes(std::move(body)), true, size};
}

// Random keys and what applications have encrypted or packed don't get smaller, and looking costs as much as
// encoding them.
Packed Packer::pack(std::string message) {
  const bool small = message.size() < compress_min_bytes_;
  if (small || (left_ > 0 && message.size() < kAlwaysBytes)) {
    if (!small) --left_;
    return wire::pack(std::move(message), 0);
  }
  Packed packed = wire::pack(std::move(message), compress_min_bytes_);
  in_vain_ = packed.compressed ? 0 : std::min(in_vain_ + 1, kPatience);
  left_ = in_vain_ < kPatience ? 0 : kPatience - 1;
  return packed;
}

Status unpack(ByteView body, std::size_t bytes_max, std::string& out) {
  if (body.size() < kSizeBytes) return bad_pack("is too short");
  const std::size_t size = load_size(body);
  if (size > bytes_max) {
    return Error{ErrorCode::kFull, "a compressed message says that it has " + std::to_string(size) +
                                       " bytes, more than the limit of " + std::to_string(bytes_max)};
  }
  const ByteView frame = body.subspan(kSizeBytes);
  // The size stands in the zstd frame as well; memory is taken only when both agree.
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != size)
    return bad_pack("has two different sizes");
  out.resize(size);
  const std::size_t got = ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) != 0 || got != size) return bad_pack("is damaged");
  return Ok{};
}

}  // namespace murmel::wire
