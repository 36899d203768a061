#include "agent/base/ids.h"

#include <doctest/doctest.h>

using murmel::Uuid;

TEST_CASE("a UUID prints as it was parsed") {
  const std::string text = "0123abcd-4567-89ef-0011-2233445566ff";
  const auto uuid = Uuid::parse(text);
  REQUIRE(uuid.ok());
  CHECK_EQ(uuid->to_string(), text);
  CHECK_FALSE(uuid->is_nil());
}

TEST_CASE("a UUID may be written without dashes and in capitals") {
  const auto uuid = Uuid::parse("0123ABCD456789EF00112233445566FF");
  REQUIRE(uuid.ok());
  CHECK_EQ(uuid->to_string(), "0123abcd-4567-89ef-0011-2233445566ff");
}

TEST_CASE("text that is no UUID is an error that names it") {
  for (const char* text :
       {"", "123", "0123abcd-4567-89ef-0011-2233445566fg", "0123abcd456789ef00112233445566ff0"}) {
    const auto uuid = Uuid::parse(text);
    REQUIRE_FALSE(uuid.ok());
    CHECK(uuid.error().message.find(text) != std::string::npos);
  }
}

TEST_CASE("the two logs of a node have names that are read as they are written") {
  for (const murmel::NodeId origin : {1U, 7U, murmel::kNodeIdMax, murmel::decided_origin(7)}) {
    const auto parsed = murmel::parse_origin(murmel::origin_name(origin));
    REQUIRE(parsed.ok());
    CHECK_EQ(*parsed, origin);
  }
  CHECK_EQ(murmel::origin_name(murmel::decided_origin(7)), "7q");
  for (const char* text : {"", "q", "0", "0q", "7qq", "7 ", "-1", "2147483648", "q7"}) {
    CHECK_FALSE(murmel::parse_origin(text).ok());
  }
}
