#include "agent/io/seal.h"

#include <doctest/doctest.h>

using namespace murmel;
using namespace murmel::io;

namespace {

SealKey key_of(std::uint8_t number) {
  SealKey key{};
  key.fill(number);
  return key;
}

struct Ends {
  Sealer sealer{key_of(1)};
  Opener opener{key_of(1)};

  std::vector<std::uint8_t> seal(std::string_view header, std::string_view body) {
    std::vector<std::uint8_t> out;
    sealer.seal(as_bytes(header), as_bytes(body), out);
    return out;
  }
  bool opens(std::string_view header, const std::vector<std::uint8_t>& rest, std::string_view body) {
    std::vector<std::uint8_t> out(rest.size());
    if (!opener.open(as_bytes(header), rest, out.data())) return false;
    return as_text(ByteView(out).first(rest.size() - kSealBytes)) == body;
  }
};

}  // namespace

TEST_CASE("sealed bodies open in order") {
  Ends ends;
  for (const std::size_t size : {0, 1, 15, 16, 17, 100'000}) {
    const std::string body(size, 'x');
    const auto rest = ends.seal("header", body);
    CHECK_EQ(rest.size(), size + kSealBytes);
    CHECK(ends.opens("header", rest, body));
  }
}

TEST_CASE("equal bodies look different every time") {
  Ends ends;
  CHECK(ends.seal("h", "the same") != ends.seal("h", "the same"));
}

TEST_CASE("nothing opens that is changed, repeated, out of order, too short, or under another key") {
  Ends ends;
  auto first = ends.seal("header", "body");
  const auto second = ends.seal("header", "body");
  SUBCASE("body") {
    first[0] ^= 1;
    CHECK_FALSE(ends.opens("header", first, "body"));
  }
  SUBCASE("seal") {
    first.back() ^= 1;
    CHECK_FALSE(ends.opens("header", first, "body"));
  }
  SUBCASE("header") {
    CHECK_FALSE(ends.opens("Header", first, "body"));
  }
  SUBCASE("order") {
    CHECK_FALSE(ends.opens("header", second, "body"));
  }
  SUBCASE("repeated") {
    CHECK(ends.opens("header", first, "body"));
    CHECK_FALSE(ends.opens("header", first, "body"));
  }
  SUBCASE("too short") {
    CHECK_FALSE(ends.opens("header", {1, 2, 3}, ""));
  }
  SUBCASE("key") {
    ends.opener = Opener(key_of(2));
    CHECK_FALSE(ends.opens("header", first, "body"));
  }
}
