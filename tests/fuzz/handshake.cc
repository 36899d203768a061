// A stranger's frames through the handshake, in both roles. Without the secret nobody gets in: an acceptor
// never decides, and a dialer is never done.
#include <algorithm>

#include "agent/io/handshake.h"
#include "agent/wire/frame.h"
#include "tests/fuzz/target.h"

using namespace murmel;

namespace {

constexpr io::Moment kMoment{{1'000'000'000}, 1'700'000'000'000};

void shake(io::Role role, ByteView stream) {
  io::HandshakeSelf self;
  self.node = 1;
  self.cluster = "c";
  self.secret = "nobody knows this secret";
  wire::Nonce nonce{};
  nonce.fill(1);
  io::Handshake handshake(role, self, nonce, "");
  handshake.start(kMoment);
  wire::FrameParser parser(wire::kHandshakeFrameBytesMax);
  while (!stream.empty()) {
    const auto space = parser.space();
    const std::size_t now = std::min(space.size(), stream.size());
    std::copy_n(stream.begin(), now, space.begin());
    parser.filled(now);
    stream = stream.subspan(now);
    for (;;) {
      const auto frame = parser.next();
      if (!frame.ok()) return;
      if (!frame->has_value()) break;
      handshake.receive((*frame)->type, (*frame)->rest, kMoment);
      if (handshake.state() != io::Handshake::State::kDecide) continue;
      must(role == io::Role::kDialer);
      handshake.accept(kMoment);
    }
  }
  must(handshake.state() != io::Handshake::State::kDone);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  shake(io::Role::kAcceptor, {data, size});
  shake(io::Role::kDialer, {data, size});
  return 0;
}
