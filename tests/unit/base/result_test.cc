#include "agent/base/result.h"

#include <doctest/doctest.h>

#include <memory>

namespace murmel {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Error{ErrorCode::kInvalid, "odd"};
  return n / 2;
}

Result<int> quarter(int n) {
  TRY_ASSIGN(const int once, half(n));
  TRY_ASSIGN(const int twice, half(once));
  return twice;
}

TEST_CASE("TRY_ASSIGN hands on the first error") {
  CHECK_EQ(quarter(8).value(), 2);
  const auto failed = quarter(6);
  REQUIRE_FALSE(failed.ok());
  CHECK_EQ(failed.error().message, "odd");
  CHECK_EQ(std::string(error_code_name(failed.error().code)), "invalid");
}

TEST_CASE("a result can hold what can't be copied") {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  REQUIRE(result.ok());
  const auto moved = std::move(result).value();
  CHECK_EQ(*moved, 5);
}

}  // namespace
}  // namespace murmel
