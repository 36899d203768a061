#include "agent/wire/frame.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace murmel;
using namespace murmel::wire;

namespace {

std::string frame_of(FrameType type, const std::string& body, std::uint8_t flags = 0) {
  const FrameHeader header = frame_header(type, flags, body.size());
  return std::string(header.begin(), header.end()) + body;
}

void give(FrameParser& parser, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto space = parser.space();
    const std::size_t size = std::min(space.size(), bytes.size());
    std::copy_n(bytes.begin(), size, space.begin());
    parser.filled(size);
    bytes.remove_prefix(size);
  }
}

std::vector<std::string> take_all(FrameParser& parser) {
  std::vector<std::string> bodies;
  for (;;) {
    const auto frame = parser.next();
    REQUIRE(frame.ok());
    if (!frame->has_value()) return bodies;
    bodies.emplace_back((*frame)->rest.begin(), (*frame)->rest.end());
  }
}

}  // namespace

TEST_CASE("frames come out as they went in, however the stream is cut") {
  std::vector<std::string> bodies;
  std::string stream;
  for (const std::size_t size : {0, 1, 5, 300, 70'000, 200'000, 3}) {
    bodies.push_back(std::string(size, static_cast<char>('a' + size % 26)));
    stream += frame_of(FrameType::kMessage, bodies.back());
  }
  for (const std::size_t piece : {1, 2, 3, 7, 4'096, 65'536, 1'000'000}) {
    CAPTURE(piece);
    FrameParser parser(1 << 20);
    std::vector<std::string> got;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      give(parser, std::string_view(stream).substr(at, piece));
      const auto some = take_all(parser);
      got.insert(got.end(), some.begin(), some.end());
    }
    CHECK(got == bodies);
  }
}

TEST_CASE("type and flags arrive with the frame") {
  FrameParser parser(100);
  give(parser, frame_of(FrameType::kProof, "x", kCompressed));
  const auto frame = parser.next();
  REQUIRE(frame.ok());
  REQUIRE(frame->has_value());
  CHECK((*frame)->type == FrameType::kProof);
  CHECK_EQ((*frame)->flags, kCompressed);
  CHECK_EQ((*frame)->header.size(), kFrameHeaderBytes);
}

TEST_CASE("a frame of exactly the limit is taken, one byte more is not") {
  FrameParser parser(102);
  give(parser, frame_of(FrameType::kMessage, std::string(100, 'x')));
  CHECK_EQ(take_all(parser).size(), 1);
  give(parser, frame_of(FrameType::kMessage, std::string(101, 'x')));
  const auto frame = parser.next();
  REQUIRE_FALSE(frame.ok());
  CHECK(frame.error().code == ErrorCode::kFull);
}

TEST_CASE("headers that make no sense are errors as soon as they are seen") {
  const std::string good = frame_of(FrameType::kMessage, "");
  struct Change {
    std::size_t at;
    int byte;
  };
  for (const Change& change : {Change{0, 1}, {0, 0}, {4, 0}, {4, 5}, {4, 127}, {5, 2}, {5, 255}}) {
    CAPTURE(change.at);
    CAPTURE(change.byte);
    std::string bad = good;
    bad[change.at] = static_cast<char>(change.byte);
    FrameParser parser(1000);
    give(parser, bad);
    CHECK_FALSE(parser.next().ok());
  }
}

TEST_CASE("memory follows what has arrived, not what is announced") {
  FrameParser parser(256U << 20);
  const FrameHeader header = frame_header(FrameType::kMessage, 0, 200U << 20);
  give(parser, std::string(header.begin(), header.end()) + "only this");
  const auto frame = parser.next();
  REQUIRE(frame.ok());
  CHECK_FALSE(frame->has_value());
  CHECK(parser.space().size() < 1 << 20);
}
