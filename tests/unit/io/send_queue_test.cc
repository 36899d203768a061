#include "agent/io/send_queue.h"

#include <doctest/doctest.h>

using namespace murmel;
using namespace murmel::io;

namespace {

QueuedFrame frame_of(std::size_t size) {
  QueuedFrame frame;
  frame.body = SharedBytes(std::string(size, 'x'));
  return frame;
}

}  // namespace

TEST_CASE("frames come out in order and count until they are written") {
  SendQueue queue({1'000, 100, 10'000});
  REQUIRE(queue.push(frame_of(10)));
  REQUIRE(queue.push(frame_of(20)));
  const std::size_t both = queue.bytes();
  CHECK_EQ(queue.pop().body.size(), 10);
  CHECK_EQ(queue.bytes(), both);
  CHECK_FALSE(queue.written());
  CHECK(queue.bytes() < both);
  CHECK_EQ(queue.pop().body.size(), 20);
  CHECK_FALSE(queue.written());
  CHECK_EQ(queue.bytes(), 0);
}

TEST_CASE("above the high mark it is not writable, and says once when it falls below the low one") {
  SendQueue queue({1'000, 400, 10'000});
  for (int i = 0; i < 4; ++i) REQUIRE(queue.push(frame_of(300)));
  CHECK_FALSE(queue.writable());
  int told = 0;
  while (!queue.empty()) {
    static_cast<void>(queue.pop());
    if (queue.written()) ++told;
    if (told == 0) CHECK_FALSE(queue.writable());
  }
  CHECK_EQ(told, 1);
  CHECK(queue.writable());
}

TEST_CASE("a frame that does not fit is refused, but for one that meets a nearly empty queue") {
  SendQueue queue({100, 10, 1'000});
  SendQueue with_a_little({1'000, 500, 1'000});
  CHECK(with_a_little.push(frame_of(100)));
  CHECK(with_a_little.push(frame_of(5'000)));
  CHECK_FALSE(with_a_little.push(frame_of(1)));
  CHECK(queue.push(frame_of(5'000)));
  CHECK_FALSE(queue.push(frame_of(1)));
  static_cast<void>(queue.pop());
  CHECK(queue.written());
  CHECK(queue.push(frame_of(1)));
}
