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
