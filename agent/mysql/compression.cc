#include "agent/mysql/compression.h"

#include <zlib.h>
#include <zstd.h>

#include "agent/mysql/bytes.h"
#include "agent/mysql/protocol.h"

namespace murmel::mysql {
namespace {

constexpr std::size_t kHeaderBytes = 7;
constexpr std::size_t kWorthwhileBytes = 50;  // below it, packing makes it longer

}  // namespace

Answer<std::optional<std::string>> Compression::next() {
  if (buffer_.size() < kHeaderBytes) return std::optional<std::string>();
  Reader header(std::string_view(buffer_).substr(0, kHeaderBytes));
  const std::size_t size = header.fixed(3);
  const std::uint8_t sequence = header.u8();
  const std::size_t unpacked_size = header.fixed(3);
  if (sequence != sequence_) return packets_out_of_order();
  if (buffer_.size() < kHeaderBytes + size) return std::optional<std::string>();
  const std::string_view body = std::string_view(buffer_).substr(kHeaderBytes, size);
  auto content = unpacked_size == 0 ? std::optional<std::string>(body) : unpack(body, unpacked_size);
  if (!content.has_value()) return malformed_packet();
  buffer_.erase(0, kHeaderBytes + size);
  ++sequence_;
  return content;
}

std::optional<std::string> Compression::unpack(std::string_view packed, std::size_t size) const {
  std::string out(size, '\0');
  if (kind_ == CompressionKind::kZstd) {
    const std::size_t made = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
    if (ZSTD_isError(made) != 0 || made != size) return std::nullopt;
    return out;
  }
  uLongf made = size;
  const int code = uncompress(reinterpret_cast<Bytef*>(out.data()), &made,
                              reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  if (code != Z_OK || made != size) return std::nullopt;
  return out;
}

// Empty: it does not get shorter.
std::string Compression::squeeze(std::string_view bytes) const {
  if (bytes.size() < kWorthwhileBytes) return {};
  std::string out;
  if (kind_ == CompressionKind::kZstd) {
    out.resize(ZSTD_compressBound(bytes.size()));
    const std::size_t made = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level_);
    if (ZSTD_isError(made) != 0) return {};
    out.resize(made);
  } else {
    uLongf made = compressBound(bytes.size());
    out.resize(made);
    const int code = compress2(reinterpret_cast<Bytef*>(out.data()), &made,
                               reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), Z_BEST_SPEED);
    if (code != Z_OK) return {};
    out.resize(made);
  }
  if (out.size() >= bytes.size()) out.clear();
  return out;
}

std::string Compression::pack(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPacketBytesMax);
    const std::string squeezed = squeeze(piece);
    const std::string_view body = squeezed.empty() ? piece : std::string_view(squeezed);
    put_fixed(out, body.size(), 3);
    put_fixed(out, sequence_++, 1);
    put_fixed(out, squeezed.empty() ? 0 : piece.size(), 3);
    out += body;
    bytes.remove_prefix(piece.size());
  }
  return out;
}

}  // namespace murmel::mysql
