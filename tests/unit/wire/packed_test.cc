#include "agent/wire/packed.h"

#include <doctest/doctest.h>

#include <string>

#include "agent/base/random.h"

using namespace murmel;
using namespace murmel::wire;

namespace {

std::string noise(std::size_t size) {
  Random random(1);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random.next());
  return text;
}

}  // namespace

TEST_CASE("what compresses is compressed and comes back") {
  const std::string text(100'000, 'a');
  const Packed packed = pack(text, 1'000);
  REQUIRE(packed.compressed);
  CHECK(packed.body.size() < 1'000);
  std::string back;
  REQUIRE(unpack(packed.body.view(), 100'000, back).ok());
  CHECK(back == text);
}

TEST_CASE("small messages, noise, and everything with compression off are left as they are") {
  CHECK_FALSE(pack(std::string(999, 'a'), 1'000).compressed);
  CHECK_FALSE(pack(noise(100'000), 1'000).compressed);
  const std::string text(100'000, 'a');
  const Packed packed = pack(text, 0);
  CHECK_FALSE(packed.compressed);
  CHECK(as_text(packed.body.view()) == text);
}

TEST_CASE("after messages that do not compress only one of some is tried, until one pays again") {
  Packer packer(1'000);
  const std::string text(5'000, 'a');
  for (int i = 0; i < Packer::kPatience - 1; ++i) packer.pack(noise(5'000));
  CHECK(packer.pack(text).compressed);
  for (int i = 0; i < Packer::kPatience; ++i) packer.pack(noise(5'000));
  for (int i = 0; i < Packer::kPatience - 1; ++i) CHECK_FALSE(packer.pack(text).compressed);
  CHECK(packer.pack(text).compressed);
  CHECK(packer.pack(text).compressed);
}

TEST_CASE("small messages say nothing about others, and large ones are always tried") {
  Packer packer(1'000);
  for (int i = 0; i < 2 * Packer::kPatience; ++i) packer.pack(std::string(999, 'a'));
  CHECK(packer.pack(std::string(1'000, 'a')).compressed);
  for (int i = 0; i < Packer::kPatience; ++i) packer.pack(noise(5'000));
  CHECK_FALSE(packer.pack(std::string(Packer::kAlwaysBytes - 1, 'a')).compressed);
  CHECK(packer.pack(std::string(Packer::kAlwaysBytes, 'a')).compressed);
  CHECK(packer.pack(std::string(1'000, 'a')).compressed);
}

TEST_CASE("a message that would be larger than the limit is not unpacked") {
  const Packed packed = pack(std::string(100'000, 'a'), 1);
  std::string back;
  const Status status = unpack(packed.body.view(), 99'999, back);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == ErrorCode::kFull);
  CHECK(back.empty());
}

TEST_CASE("a message that lies about its size is corrupt") {
  const Packed packed = pack(std::string(100'000, 'a'), 1);
  std::string body(as_text(packed.body.view()));
  body[0] = static_cast<char>(body[0] + 1);
  std::string back;
  const Status status = unpack(as_bytes(body), 1 << 20, back);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == ErrorCode::kCorrupt);
}

TEST_CASE("any cut and any flipped byte is an error or gives the declared size, never more") {
  const Packed packed = pack(std::string(5'000, 'a') + noise(100), 1);
  REQUIRE(packed.compressed);
  const std::string body(as_text(packed.body.view()));
  std::string back;
  for (std::size_t size = 0; size < body.size(); ++size) {
    CHECK_FALSE(unpack(as_bytes(body).first(size), 1 << 20, back).ok());
  }
  for (std::size_t at = 0; at < body.size(); ++at) {
    std::string bad = body;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    if (unpack(as_bytes(bad), 1 << 20, back).ok()) CHECK_EQ(back.size(), 5'100);
  }
}
