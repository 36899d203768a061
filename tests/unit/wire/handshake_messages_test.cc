#include "agent/wire/handshake_messages.h"

#include <doctest/doctest.h>

using namespace murmel;
using namespace murmel::wire;

namespace {

Hello hello() {
  Hello hello;
  hello.node = 3;
  hello.uuid.bytes.fill(9);
  hello.cluster = "c";
  hello.nonce.fill(5);
  hello.wall_ms = 1'700'000'000'000;
  hello.advertise = "host:1";
  return hello;
}

}  // namespace

TEST_CASE("a Hello comes back as it was") {
  const auto back = decode_hello(as_bytes(encode(hello())));
  REQUIRE(back.ok());
  CHECK_EQ(back->version_min, kProtocolMin);
  CHECK_EQ(back->version_max, kProtocolMax);
  CHECK_EQ(back->node, 3);
  CHECK(back->uuid == hello().uuid);
  CHECK_EQ(back->cluster, "c");
  CHECK(back->nonce == hello().nonce);
  CHECK_EQ(back->wall_ms, 1'700'000'000'000);
  CHECK_EQ(back->advertise, "host:1");
}

TEST_CASE("a Hello of the largest names fits the frame of a handshake") {
  Hello large = hello();
  large.cluster = std::string(kNameBytesMax, 'c');
  large.advertise = std::string(kNameBytesMax, 'a');
  CHECK(encode(large).size() < 1'000);
  CHECK(decode_hello(as_bytes(encode(large))).ok());
}

TEST_CASE("a Hello that can't be is refused") {
  Hello bad = hello();
  SUBCASE("no node") {
    bad.node = 0;
  }
  SUBCASE("a node id too large") {
    bad.node = kNodeIdMax + 1;
  }
  SUBCASE("no version") {
    bad.version_min = 9;
  }
  SUBCASE("a long name") {
    bad.cluster = std::string(kNameBytesMax + 1, 'c');
  }
  SUBCASE("a name of two lines") {
    bad.cluster = "a\nb";
  }
  SUBCASE("a long address") {
    bad.advertise = std::string(kNameBytesMax + 1, 'c');
  }
  SUBCASE("before 1970") {
    bad.wall_ms = -1;
  }
  SUBCASE("far beyond any clock") {
    bad.wall_ms = INT64_MAX;
  }
  CHECK_FALSE(decode_hello(as_bytes(encode(bad))).ok());
}

TEST_CASE("a Proof comes back as it was") {
  Proof proof{123, {}};
  proof.mac.fill(7);
  const auto back = decode_proof(as_bytes(encode(proof)));
  REQUIRE(back.ok());
  CHECK_EQ(back->wall_ms, 123);
  CHECK(back->mac == proof.mac);
}

TEST_CASE("a Refusal of the future keeps its sentence") {
  Refusal refusal{static_cast<RefusalCode>(200), "because"};
  const auto back = decode_refusal(as_bytes(encode(refusal)));
  REQUIRE(back.ok());
  CHECK(back->code == RefusalCode::kOther);
  CHECK_EQ(back->sentence, "because");
}

TEST_CASE("a long sentence is cut") {
  const auto back = decode_refusal(as_bytes(encode(Refusal{RefusalCode::kOther, std::string(10'000, 'x')})));
  REQUIRE(back.ok());
  CHECK_EQ(back->sentence.size(), kSentenceBytesMax);
}

TEST_CASE("cut and damaged handshakes are errors or other values, never a crash") {
  const std::string bytes = encode(hello());
  constexpr std::size_t kPaddingMax = 8;  // may be missing without harm
  for (std::size_t size = 0; size < bytes.size() - kPaddingMax; ++size) {
    CHECK_FALSE(decode_hello(as_bytes(bytes).first(size)).ok());
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string bad = bytes;
    bad[at] = static_cast<char>(bad[at] ^ 0xff);
    static_cast<void>(decode_hello(as_bytes(bad)));
    static_cast<void>(decode_proof(as_bytes(bad)));
    static_cast<void>(decode_refusal(as_bytes(bad)));
  }
}
