#include "agent/service/plan_cache.h"

#include <doctest/doctest.h>

#include <string>

namespace murmel::service {
namespace {

std::unique_ptr<Plan> plan(const std::string& text) {
  auto made = std::make_unique<Plan>();
  made->text = text;
  return made;
}

TEST_CASE("a plan holds in its world") {
  PlanCache plans;
  PlanCache::World world;
  world.schema_version = 3;
  plans.enter(world);
  plans.keep("a", plan("SELECT 1"));
  plans.enter(world);
  REQUIRE(plans.find("a") != nullptr);
  CHECK(plans.find("b") == nullptr);
  const auto running = plans.find("a");
  world.schema_version = 4;
  plans.enter(world);
  CHECK(plans.find("a") == nullptr);
  CHECK(running->text == "SELECT 1");
}

TEST_CASE("the plan used longest ago makes room") {
  PlanCache plans;
  plans.enter({});
  for (std::size_t i = 0; i < PlanCache::kMost; ++i) plans.keep(std::to_string(i), plan("x"));
  CHECK(plans.find("0") != nullptr);
  plans.keep("new", plan("x"));
  CHECK(plans.find("0") != nullptr);
  CHECK(plans.find("1") == nullptr);
  CHECK(plans.find("new") != nullptr);
}

}  // namespace
}  // namespace murmel::service
