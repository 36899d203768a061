#include "agent/io/intake_budget.h"

#include <string>

#include <doctest/doctest.h>

using namespace murmel;
using namespace murmel::io;

namespace {

Instant moment(std::int64_t ms) {
  return {ms * 1'000'000};
}

constexpr IntakeRates kRates{.bytes = 1'000, .messages = 100, .requests = 10};

}  // namespace

TEST_CASE("a quiet peer may use a burst at once, and owes nothing for it") {
  IntakeBudget budget(kRates);
  budget.charge(moment(50'000), IntakeLimit::kBytes, 2'000);
  CHECK_EQ(budget.debt(moment(50'000)).pause.ns, 0);
  budget.charge(moment(50'000), IntakeLimit::kBytes, 1);
  CHECK_EQ(budget.debt(moment(50'000)).pause.ms(), 1);
}

TEST_CASE("over the burst, the debt is what the rate needs to pay it, and time pays it") {
  IntakeBudget budget(kRates);
  budget.charge(moment(50'000), IntakeLimit::kMessages, 250);
  const IntakeBudget::Debt debt = budget.debt(moment(50'000));
  CHECK_EQ(debt.pause.ms(), 500);
  CHECK(debt.limit == IntakeLimit::kMessages);
  CHECK_EQ(budget.debt(moment(50'200)).pause.ms(), 300);
  CHECK_EQ(budget.debt(moment(50'500)).pause.ns, 0);
}

TEST_CASE("whoever stays at the rate is never held up, whoever goes on at twice of it is") {
  IntakeBudget steady(kRates);
  IntakeBudget greedy(kRates);
  Duration steady_debt;
  Duration greedy_debt;
  for (int ms = 0; ms < 10'000; ms += 10) {
    steady.charge(moment(50'000 + ms), IntakeLimit::kMessages, 1);
    greedy.charge(moment(50'000 + ms), IntakeLimit::kMessages, 2);
    steady_debt = std::max(steady_debt, steady.debt(moment(50'000 + ms)).pause);
    greedy_debt = std::max(greedy_debt, greedy.debt(moment(50'000 + ms)).pause);
  }
  CHECK_EQ(steady_debt.ns, 0);
  CHECK_GE(greedy_debt.ms(), 7'900);
}

TEST_CASE("the limits are apart, and the one that costs the longest pause is told") {
  IntakeBudget budget(kRates);
  budget.charge(moment(50'000), IntakeLimit::kRequests, 40);  // two seconds of debt
  budget.charge(moment(50'000), IntakeLimit::kBytes, 3'000);  // one
  CHECK(budget.debt(moment(50'000)).limit == IntakeLimit::kRequests);
  CHECK_EQ(budget.debt(moment(50'000)).pause.ms(), 2'000);
}

TEST_CASE("a frame of any size and a clock that starts at zero break nothing") {
  IntakeBudget budget({.bytes = 1, .messages = 1, .requests = 1});
  budget.charge(moment(0), IntakeLimit::kBytes, INT64_MAX);
  CHECK_GT(budget.debt(moment(0)).pause.ms(), 0);
  budget.charge(moment(0), IntakeLimit::kMessages, 0);
  CHECK_EQ(intake_limit_name(budget.debt(moment(0)).limit), std::string("peer.receive_bytes_per_second"));
}
