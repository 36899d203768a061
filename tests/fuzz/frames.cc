// A byte stream from a peer, cut into pieces whose size the first byte chooses, through the frame parser;
// bodies that claim to be compressed are unpacked.
#include <algorithm>
#include <string>

#include "agent/wire/frame.h"
#include "agent/wire/packed.h"
#include "tests/fuzz/target.h"

using namespace murmel;

namespace {

constexpr std::uint32_t kFrameBytesMax = 1 << 16;

// Returns false when the stream is lost.
bool take_frames(wire::FrameParser& parser, std::size_t& framed_bytes) {
  std::string unpacked;
  for (;;) {
    const auto frame = parser.next();
    if (!frame.ok()) return false;
    if (!frame->has_value()) return true;
    const wire::Frame& got = **frame;
    must(got.header.size() == wire::kFrameHeaderBytes);
    must(got.rest.size() <= kFrameBytesMax);
    framed_bytes += got.header.size() + got.rest.size();
    if ((got.flags & wire::kCompressed) != 0 && wire::unpack(got.rest, kFrameBytesMax, unpacked).ok()) {
      must(unpacked.size() <= kFrameBytesMax);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = std::size_t{data[0]} * 16 + 1;
  ByteView rest(data + 1, size - 1);
  wire::FrameParser parser(kFrameBytesMax);
  std::size_t framed_bytes = 0;
  while (!rest.empty()) {
    const auto space = parser.space();
    const std::size_t now = std::min({piece, space.size(), rest.size()});
    std::copy_n(rest.begin(), now, space.begin());
    parser.filled(now);
    rest = rest.subspan(now);
    if (!take_frames(parser, framed_bytes)) return 0;
  }
  must(framed_bytes <= size - 1);
  return 0;
}
