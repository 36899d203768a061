#include "agent/io/tls.h"

#include <doctest/doctest.h>

#include "tests/unit/io/link_fixture.h"
#include "tests/unit/io/raw_peer.h"
#include "tests/unit/io/test_certificates.h"

using namespace murmel;
using namespace murmel::io;

namespace {

struct TlsPair {
  std::unique_ptr<Loop> loop = std::move(Loop::make()).value();
  TestAuthority authority{"cluster authority"};

  LinkOptions with_tls(NodeId node, const TlsFiles& files) const {
    LinkOptions options = options_of(node);
    options.tls = files;
    return options;
  }
};

}  // namespace

TEST_CASE("nodes with certificates of one authority get a link, and messages of all sizes arrive") {
  TlsPair pair;
  TestNode a(*pair.loop, pair.with_tls(1, pair.authority.issue("a")));
  TestNode b(*pair.loop, pair.with_tls(2, pair.authority.issue("b")));
  REQUIRE(a.links != nullptr);
  REQUIRE(a.links->dial(b.address()).ok());
  REQUIRE(run_until(*pair.loop, [&] { return a.links->linked(2) && b.links->linked(1); }));
  CHECK(a.ups[0].tls);
  std::vector<std::string> sent;
  for (const std::size_t size : {0, 1, 16'384, 70'000, 3'000'000}) sent.push_back(std::string(size, 'x'));
  for (const auto& text : sent) {
    CHECK(a.links->send(2, packed(text)) == SendResult::kQueued);
    CHECK(b.links->send(1, packed(text)) == SendResult::kQueued);
  }
  REQUIRE(run_until(*pair.loop,
                    [&] { return a.messages.size() == sent.size() && b.messages.size() == sent.size(); }));
  for (std::size_t i = 0; i < sent.size(); ++i) {
    CHECK(a.messages[i].second == sent[i]);
    CHECK(b.messages[i].second == sent[i]);
  }
}

TEST_CASE("the secret is asked for inside TLS too") {
  TlsPair pair;
  LinkOptions options = pair.with_tls(2, pair.authority.issue("b"));
  options.secret = "not the secret of the others";
  TestNode a(*pair.loop, pair.with_tls(1, pair.authority.issue("a")));
  TestNode b(*pair.loop, options);
  REQUIRE(b.links->dial(a.address()).ok());
  CHECK(run_until(*pair.loop, [&] {
    return a.refused_with("secret is not the same") && b.refused_with("secret is not the same");
  }));
}

TEST_CASE("a certificate of another authority is refused") {
  TlsPair pair;
  TestAuthority other("somebody else");
  TestNode a(*pair.loop, pair.with_tls(1, pair.authority.issue("a")));
  TestNode b(*pair.loop, pair.with_tls(2, other.issue("b")));
  REQUIRE(b.links->dial(a.address()).ok());
  CHECK(run_until(*pair.loop, [&] { return !a.refusals.empty() && !b.refusals.empty(); }));
  CHECK(b.refused_with("certificate"));
  CHECK(a.ups.empty());
}

TEST_CASE("a node without TLS, and one that only shows our authority's word, stay outside") {
  TlsPair pair;
  TestNode a(*pair.loop, pair.with_tls(1, pair.authority.issue("a")));
  SUBCASE("plain dials TLS") {
    TestNode plain(*pair.loop, options_of(2));
    REQUIRE(plain.links->dial(a.address()).ok());
    CHECK(run_until(*pair.loop, [&] { return !plain.refusals.empty(); }));
    CHECK(a.ups.empty());
  }
  SUBCASE("TLS dials plain") {
    TestNode plain(*pair.loop, options_of(2));
    REQUIRE(a.links->dial(plain.address()).ok());
    CHECK(run_until(*pair.loop, [&] { return !a.refusals.empty(); }));
    CHECK(plain.ups.empty());
  }
  SUBCASE("junk") {
    RawPeer raw(*pair.loop, a.links->port());
    raw.send(std::string(10'000, '\x16'));
    CHECK(raw.is_closed());
  }
}

TEST_CASE("files that do not fit each other are an error at start") {
  TlsPair pair;
  TlsFiles files = pair.authority.issue("a");
  SUBCASE("another key") {
    files.key = pair.authority.issue("b").key;
  }
  SUBCASE("no authority") {
    files.authority = "/nonexistent";
  }
  SUBCASE("a key that is none") {
    files.key = files.certificate;
  }
  const auto context = TlsContext::make(files);
  REQUIRE_FALSE(context.ok());
  CHECK(context.error().code == ErrorCode::kInvalid);
}

TEST_CASE("both ends of one TLS connection have the same channel binding, other connections another") {
  TestAuthority authority("cluster authority");
  const auto context = TlsContext::make(authority.issue("a"));
  REQUIRE(context.ok());
  const auto binding_of = [&] {
    TlsSession dialer(*context, Role::kDialer);
    TlsSession acceptor(*context, Role::kAcceptor);
    bool dialer_done = false;
    bool acceptor_done = false;
    for (int round = 0; round < 6 && !(dialer_done && acceptor_done); ++round) {
      std::vector<std::uint8_t> bytes;
      dialer_done = dialer.shake().value();
      dialer.drain(bytes);
      acceptor.feed(bytes);
      bytes.clear();
      acceptor_done = acceptor.shake().value();
      acceptor.drain(bytes);
      dialer.feed(bytes);
    }
    REQUIRE(dialer_done);
    REQUIRE(acceptor_done);
    CHECK(dialer.channel_binding().value() == acceptor.channel_binding().value());
    return dialer.channel_binding().value();
  };
  CHECK(binding_of() != binding_of());
}
