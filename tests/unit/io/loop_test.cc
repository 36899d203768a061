#include "agent/io/loop.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "agent/io/fd_watch.h"
#include "agent/io/round_end.h"
#include "agent/io/signal_watch.h"
#include "agent/io/timer.h"
#include "tests/unit/io/link_fixture.h"

using namespace murmel;
using namespace murmel::io;

TEST_CASE("tasks from other threads run on the loop's thread, in each thread's order") {
  const auto loop = std::move(Loop::make()).value();
  constexpr int kThreads = 4;
  constexpr int kTasks = 1'000;
  std::array<int, kThreads> next{};
  int done = 0;
  bool in_order = true;
  const auto here = std::this_thread::get_id();
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTasks; ++i) {
        const bool posted = loop->post([&, t, i] {
          in_order = in_order && next[t] == i && std::this_thread::get_id() == here;
          ++next[t];
          if (++done == kThreads * kTasks) loop->stop();
        });
        if (!posted) return;
      }
    });
  }
  loop->run();
  for (std::thread& thread : threads) thread.join();
  CHECK_EQ(done, kThreads * kTasks);
  CHECK(in_order);
}

TEST_CASE("a task may carry what can't be copied") {
  const auto loop = std::move(Loop::make()).value();
  int got = 0;
  REQUIRE(loop->post([value = std::make_unique<int>(7), &got] { got = *value; }));
  CHECK(run_until(*loop, [&] { return got == 7; }));
}

TEST_CASE("above the limit tasks are refused and counted") {
  const auto loop = std::move(Loop::make()).value();
  int ran = 0;
  for (std::size_t i = 0; i < kPostedTasksMax; ++i) REQUIRE(loop->post([&ran] { ++ran; }));
  CHECK_FALSE(loop->post([&ran] { ++ran; }));
  CHECK_EQ(loop->posts_refused(), 1);
  CHECK(run_until(*loop, [&] { return ran == static_cast<int>(kPostedTasksMax); }));
  CHECK(loop->post([&ran] { ++ran; }));
}

TEST_CASE("tasks that are left at the end are dropped, with what they carry") {
  bool ran = false;
  const auto carried = std::make_shared<int>(1);
  {
    const auto loop = std::move(Loop::make()).value();
    REQUIRE(loop->post([&ran, carried] { ran = true; }));
  }
  CHECK_FALSE(ran);
  CHECK_EQ(carried.use_count(), 1);
}

TEST_CASE("a task may post another one") {
  const auto loop = std::move(Loop::make()).value();
  bool second = false;
  REQUIRE(loop->post([&] { REQUIRE(loop->post([&] { second = true; })); }));
  CHECK(run_until(*loop, [&] { return second; }));
}

TEST_CASE("a timer fires once, not when it was stopped, and again when started again") {
  const auto loop = std::move(Loop::make()).value();
  int fired = 0;
  Timer timer(*loop, [&] { ++fired; });
  CHECK_FALSE(timer.active());
  timer.start(milliseconds(1));
  CHECK(timer.active());
  CHECK(run_until(*loop, [&] { return fired == 1; }));
  loop->run_for(milliseconds(5));
  CHECK_EQ(fired, 1);
  timer.start(milliseconds(1));
  timer.stop();
  timer.start_at(kNever);
  loop->run_for(milliseconds(5));
  CHECK_EQ(fired, 1);
  timer.start_at(loop->now());
  CHECK(run_until(*loop, [&] { return fired == 2; }));
}

TEST_CASE("a timer may destroy itself when it fires") {
  const auto loop = std::move(Loop::make()).value();
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(*loop, [&] { timer.reset(); });
  timer->start(milliseconds(0));
  CHECK(run_until(*loop, [&] { return timer == nullptr; }));
}

TEST_CASE("a signal becomes an event") {
  const auto loop = std::move(Loop::make()).value();
  int caught = 0;
  auto watch = SignalWatch::make(*loop, SIGUSR1, [&] { ++caught; });
  REQUIRE(watch.ok());
  ::raise(SIGUSR1);
  CHECK(run_until(*loop, [&] { return caught == 1; }));
}

TEST_CASE("a readable descriptor is an event for as long as it is readable") {
  const auto loop = std::move(Loop::make()).value();
  std::array<int, 2> pipe_ends{};
  REQUIRE_EQ(::pipe(pipe_ends.data()), 0);
  int seen = 0;
  {
    auto watch = FdWatch::make(*loop, pipe_ends[0], [&] { ++seen; });
    REQUIRE(watch.ok());
    loop->run_for(milliseconds(1));
    CHECK_EQ(seen, 0);
    REQUIRE_EQ(::write(pipe_ends[1], "x", 1), 1);
    CHECK(run_until(*loop, [&] { return seen >= 2; }));
    char byte = 0;
    REQUIRE_EQ(::read(pipe_ends[0], &byte, 1), 1);
  }
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

TEST_CASE("a descriptor that can't be watched is an error") {
  const auto loop = std::move(Loop::make()).value();
  CHECK_FALSE(FdWatch::make(*loop, -1, [] {}).ok());
  CHECK_FALSE(SignalWatch::make(*loop, SIGKILL, [] {}).ok());
}

TEST_CASE("as long as something is left to be done at its end, a round does not wait for events") {
  const auto loop = std::move(Loop::make()).value();
  bool left = true;
  const RoundEnd end(*loop, [&] { return left; });
  const auto time_of_a_round = [&] {
    const auto begun = std::chrono::steady_clock::now();
    loop->run_for(milliseconds(300));
    return std::chrono::steady_clock::now() - begun;
  };
  CHECK(time_of_a_round() < std::chrono::milliseconds(250));
  CHECK(time_of_a_round() < std::chrono::milliseconds(250));
  left = false;
  (void)time_of_a_round();  // in which it is noticed
  CHECK(time_of_a_round() > std::chrono::milliseconds(250));
}
