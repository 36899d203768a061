#include <doctest/doctest.h>

#include "tests/unit/mysql/client.h"

using namespace murmel::mysql;

TEST_CASE("A payload of any length comes out as it went in, in whatever pieces its bytes arrive") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kPacketBytesMax - 1, kPacketBytesMax,
                                 kPacketBytesMax + 5, 2 * kPacketBytesMax}) {
    CAPTURE(size);
    const std::string payload(size, 'x');
    std::string bytes;
    std::uint8_t sequence = 0;
    put_packets(bytes, payload, sequence);
    CHECK(sequence == size / kPacketBytesMax + 1);
    PacketReader reader(64 << 20);
    const std::size_t piece = bytes.size() / 3 + 1;
    std::optional<std::string> found;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      CHECK(!found.has_value());
      reader.feed(std::string_view(bytes).substr(at, piece));
      found = std::move(*reader.next());
    }
    REQUIRE(found.has_value());
    CHECK(*found == payload);
    CHECK(reader.buffered() == 0);
  }
}

TEST_CASE("A packet above the limit is refused when its header has come") {
  PacketReader reader(100);
  reader.feed(std::string("\x65\0\0\0", 4));
  auto answer = reader.next();
  REQUIRE(!answer.ok());
  CHECK(answer.error().number == 1153);
}

TEST_CASE("A payload that grows above the limit by continuing is refused") {
  PacketReader reader(kPacketBytesMax + 1);
  reader.feed(test::packet(std::string(kPacketBytesMax + 2, 'x')));
  CHECK(reader.next().error().number == 1153);
}

TEST_CASE("A packet with another number than the next is refused") {
  PacketReader reader(100);
  reader.feed(test::packet("a", 0) + test::packet("b", 2));
  CHECK(**reader.next() == "a");
  CHECK(reader.next().error().number == 1156);
}

TEST_CASE("Length-encoded integers use the fewest bytes and are read back") {
  const std::pair<std::uint64_t, std::size_t> cases[] = {
      {0, 1}, {250, 1}, {251, 3}, {0xffff, 3}, {0x10000, 4}, {0xffffff, 4}, {0x1000000, 9}, {UINT64_MAX, 9}};
  for (const auto& [value, size] : cases) {
    std::string bytes;
    put_lenenc(bytes, value);
    CHECK(bytes.size() == size);
    Reader reader(bytes);
    CHECK(reader.lenenc() == value);
    CHECK(reader.ok());
    CHECK(reader.at_end());
  }
}

TEST_CASE("A reader stays failed, and gives nothing, after its bytes have ended") {
  Reader reader(
      "\x05"
      "abc");
  CHECK(reader.lenenc_text().empty());
  CHECK(!reader.ok());
  CHECK(reader.u32() == 0);
  CHECK(reader.rest().empty());
  Reader unended("abc");
  CHECK(unended.zero_ended().empty());
  CHECK(!unended.ok());
}

TEST_CASE("What is compressed comes out as it was, by both algorithms") {
  for (const auto kind : {CompressionKind::kZlib, CompressionKind::kZstd}) {
    Compression from(kind, 3);
    Compression to(kind, 3);
    for (const std::string& text :
         {std::string("short"), std::string(100'000, 'y'), std::string(kPacketBytesMax + 9, 'z')}) {
      const std::string packed = from.pack(text);
      if (text.size() > 100) CHECK(packed.size() < text.size() / 10);
      to.feed(packed);
      std::string found;
      while (true) {
        auto piece = to.next();
        REQUIRE(piece.ok());
        if (!piece->has_value()) break;
        found += **piece;
      }
      CHECK(found == text);
    }
  }
}

TEST_CASE("A compressed frame that lies about its length, or comes out of order, is refused") {
  Compression from(CompressionKind::kZlib, 0);
  std::string packed = from.pack(std::string(1000, 'x'));
  std::string longer = packed;
  longer[4] = static_cast<char>(longer[4] + 1);
  Compression to(CompressionKind::kZlib, 0);
  to.feed(longer);
  CHECK(to.next().error().number == 1835);
  Compression late(CompressionKind::kZlib, 0);
  packed[3] = 1;
  late.feed(packed);
  CHECK(late.next().error().number == 1156);
}
