#include "agent/config_keys.h"

#include <set>

#include <doctest/doctest.h>

namespace murmel {

TEST_CASE("durations are read and printed with their unit") {
  std::int64_t ms = -1;
  CHECK(parse_duration("500ms", &ms));
  CHECK(ms == 500);
  CHECK(parse_duration("15 s", &ms));
  CHECK(ms == 15'000);
  CHECK(parse_duration("2h", &ms));
  CHECK(print_duration(ms) == "2h");
  CHECK(print_duration(90'000) == "90s");
  CHECK(parse_duration("0", &ms));
  CHECK(ms == 0);
}

TEST_CASE("a duration without unit, with a wrong one or too large is refused") {
  std::int64_t ms = 7;
  for (const char* text : {"500", "", "ms", "-1s", "1.5s", "10 years", "1sm", "9223372036854775807h"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text, &ms));
  }
  CHECK(ms == 7);
}

TEST_CASE("sizes are read and printed with their unit") {
  std::int64_t bytes = 0;
  CHECK(parse_size("64KiB", &bytes));
  CHECK(bytes == 65'536);
  CHECK(print_size(bytes) == "64KiB");
  CHECK(print_size(1'000) == "1000B");
  CHECK_FALSE(parse_size("64kb", &bytes));
}

TEST_CASE("the nearest name is found, and nothing when no name is near") {
  const std::vector<std::string> names = {"cluster.listen", "cluster.seeds", "log.level"};
  CHECK(nearest_name("cluster.seed", names) == "cluster.seeds");
  CHECK(nearest_name("cluster.lisen", names) == "cluster.listen");
  CHECK(nearest_name("zq", names).empty());
}

TEST_CASE("every key is named once, has help, and its default lies within its limits") {
  service::Settings settings;
  std::set<std::string> seen;
  for (const auto& key : settings_keys()) {
    CAPTURE(key.name);
    CHECK(seen.insert(key.name).second);
    CHECK(std::string_view(key.help).ends_with("."));
    if (std::holds_alternative<std::int64_t* (*)(service::Settings&)>(key.field)) {
      const std::int64_t value = *std::get<2>(key.field)(settings);
      CHECK(value >= key.minimum);
      CHECK(value <= key.maximum);
    }
  }
}

}  // namespace murmel
