#include "agent/service/refusal_log.h"

#include <doctest/doctest.h>

namespace murmel::service {
namespace {

Instant at(std::int64_t s) {
  return {s * 1'000'000'000};
}
const Error kNobody{ErrorCode::kUnavailable, "connect: connection refused"};
const Error kSecret{ErrorCode::kRefused, "the secret is not the same"};

}  // namespace

TEST_CASE("a peer that is not up yet: told once, a warning once when it lasts, then silence") {
  RefusalLog log;
  CHECK(log.note(at(1'000), "db1:7400", kNobody) == RefusalNews::kNotUp);
  for (int s = 1; s < 30; ++s) CHECK(log.note(at(1'000 + s), "db1:7400", kNobody) == RefusalNews::kNone);
  CHECK(log.note(at(1'030), "db1:7400", kNobody) == RefusalNews::kStillNotUp);
  for (int s = 31; s < 500; ++s) CHECK(log.note(at(1'000 + s), "db1:7400", kNobody) == RefusalNews::kNone);
}

TEST_CASE("addresses are told apart, and one that was reached begins anew") {
  RefusalLog log;
  CHECK(log.note(at(1'000), "db1:7400", kNobody) == RefusalNews::kNotUp);
  CHECK(log.note(at(1'000), "db2:7400", kNobody) == RefusalNews::kNotUp);
  log.reached("db1:7400");
  CHECK(log.note(at(1'040), "db1:7400", kNobody) == RefusalNews::kNotUp);
  CHECK(log.note(at(1'040), "db2:7400", kNobody) == RefusalNews::kStillNotUp);
}

TEST_CASE("a failure long after the last one is not one that lasts") {
  RefusalLog log;
  CHECK(log.note(at(1'000), "db1:7400", kNobody) == RefusalNews::kNotUp);
  CHECK(log.note(at(5'000), "db1:7400", kNobody) == RefusalNews::kNotUp);
}

TEST_CASE("who is turned away is told at once, and again only after a while, whatever its port") {
  RefusalLog log;
  CHECK(log.note(at(1'000), "10.0.0.1:50001", kSecret) == RefusalNews::kRefused);
  CHECK(log.note(at(1'001), "10.0.0.1:50002", kSecret) == RefusalNews::kNone);
  CHECK(log.note(at(1'001), "10.0.0.2:50002", kSecret) == RefusalNews::kRefused);
  CHECK(log.note(at(1'001), "10.0.0.1:50003", {ErrorCode::kRefused, "another cluster"}) ==
        RefusalNews::kRefused);
  CHECK(log.note(at(1'061), "10.0.0.1:50004", kSecret) == RefusalNews::kRefused);
}

TEST_CASE("any number of addresses takes bounded memory and goes on telling") {
  RefusalLog log;
  int told = 0;
  for (int i = 0; i < 5'000; ++i) {
    told += log.note(at(1'000), "h" + std::to_string(i) + ":1", kSecret) == RefusalNews::kRefused ? 1 : 0;
  }
  CHECK_EQ(told, 5'000);
}

}  // namespace murmel::service
