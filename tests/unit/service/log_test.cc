#include "agent/service/log.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace murmel::service {

TEST_CASE("an event in JSON is one object with its fields in their types") {
  const std::string line =
      "{" + format_event(LogFormat::kJson, "peer connected",
                         {{"node", 2u}, {"tls", true}, {"address", "a:1"}, {"lag", 1.5}});
  const auto event = nlohmann::json::parse(line);
  CHECK(event["event"] == "peer connected");
  CHECK(event["node"] == 2);
  CHECK(event["tls"] == true);
  CHECK(event["address"] == "a:1");
  CHECK(event["lag"] == 1.5);
}

TEST_CASE("an event for people quotes only what needs quotes") {
  CHECK(format_event(LogFormat::kHuman, "joined", {{"name", "shop"}, {"error", "no room"}, {"n", 3}}) ==
        "joined name=shop error=\"no room\" n=3");
}

TEST_CASE("a value can't break the line or drive the terminal") {
  for (const LogFormat format : {LogFormat::kHuman, LogFormat::kJson}) {
    const std::string line = format_event(format, "e", {{"text", "a\nb\x1b[31m\xff"}});
    CHECK(line.find('\n') == std::string::npos);
    CHECK(line.find('\x1b') == std::string::npos);
  }
}

}  // namespace murmel::service
