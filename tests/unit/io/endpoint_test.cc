#include "agent/io/endpoint.h"

#include <doctest/doctest.h>

#include "tests/unit/io/link_fixture.h"

using namespace murmel;
using namespace murmel::io;

TEST_CASE("addresses are parsed and printed back") {
  for (const char* text : {"host:1", "10.0.0.1:65535", "[::1]:7000", "a-b.example.org:80"}) {
    const auto address = parse_host_port(text);
    REQUIRE(address.ok());
    CHECK_EQ(to_string(*address), text);
  }
  CHECK_EQ(parse_host_port("[::1]:7000")->host, "::1");
}

TEST_CASE("the form is shown to whoever gets it wrong") {
  const auto address = parse_host_port("10.0.0.1");
  REQUIRE_FALSE(address.ok());
  CHECK(address.error().message.find("'10.0.0.1'") != std::string::npos);
  CHECK(address.error().message.find("host:port") != std::string::npos);
}

TEST_CASE("loopback is told from other addresses") {
  const auto loop = std::move(Loop::make()).value();
  const auto is_loopback = [&](const std::string& host) {
    const auto endpoints = resolve_now(*loop, {host, 1});
    REQUIRE(endpoints.ok());
    REQUIRE_FALSE(endpoints->empty());
    return endpoints->front().is_loopback();
  };
  CHECK(is_loopback("127.0.0.1"));
  CHECK(is_loopback("127.1.2.3"));
  CHECK(is_loopback("::1"));
  CHECK_FALSE(is_loopback("0.0.0.0"));
  CHECK_FALSE(is_loopback("::"));
  CHECK_FALSE(is_loopback("10.0.0.1"));
}

TEST_CASE("a lookup answers later, and not at all when it is destroyed") {
  const auto loop = std::move(Loop::make()).value();
  int answers = 0;
  const auto count = [&](const Result<std::vector<Endpoint>>& endpoints) {
    CHECK(endpoints.ok());
    ++answers;
  };
  auto kept = Lookup::make(*loop, {"127.0.0.1", 5}, count);
  REQUIRE(kept.ok());
  { const auto dropped = Lookup::make(*loop, {"127.0.0.1", 5}, count); }
  CHECK_EQ(answers, 0);
  CHECK_EQ(loop->look_ups(), 2);  // the dropped one ends, too, before its memory can go
  CHECK(run_until(*loop, [&] { return answers == 1 && loop->look_ups() == 0; }));
}
