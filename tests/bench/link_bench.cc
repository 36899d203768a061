// What a peer link costs: round trips of small messages, and bytes per second of large ones, between two
// loops in two threads over loopback. Prints one JSON object.
//
//   link_bench [round trips] [megabytes]
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "agent/base/random.h"
#include "agent/io/links.h"
#include "agent/io/loop.h"

using namespace murmel;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kSmallBytes = 300;        // a change set of one row
constexpr std::size_t kLargeBytes = 256 << 10;  // a snapshot's chunk

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

class Node final : public io::LinkEvents {
 public:
  explicit Node(NodeId node) : loop_(io::Loop::make().value()) {
    io::LinkOptions options;
    options.node = node;
    options.uuid.bytes.fill(static_cast<std::uint8_t>(node));
    options.secret = "the secret of a benchmark";
    options.limits.intake = {.bytes = 1LL << 40, .messages = 1LL << 40, .requests = 1LL << 40};
    links_ = io::Links::make(*loop_, options, *this).value();
  }

  Status admit(const io::PeerInfo&) override { return Ok{}; }
  void link_up(const io::PeerInfo&) override { on_up(); }
  void link_down(NodeId, const Error&) override { loop_->stop(); }
  void received(NodeId, ByteView message) override { on_message(message); }
  void writable(NodeId) override { on_writable(); }
  void slowed(NodeId, const io::IntakeBudget::Debt&) override {}
  void refused(const std::string&, const Error& why) override {
    std::fprintf(stderr, "%s\n", why.message.c_str());
  }

  io::Loop& loop() { return *loop_; }
  io::Links& links() { return *links_; }

  std::function<void()> on_up = [] {};
  std::function<void(ByteView)> on_message = [](ByteView) {};
  std::function<void()> on_writable = [] {};

 private:
  std::unique_ptr<io::Loop> loop_;
  std::unique_ptr<io::Links> links_;
};

std::string noise(std::size_t size) {
  Random random(1);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random.next());
  return text;
}

// Node 1 dials; node 2 lives in a thread of its own and does `answer` with every message.
template <typename Run>
void with_peer(const std::function<void(Node&, ByteView)>& answer, const Run& run) {
  Node peer(2);
  Node self(1);
  peer.on_message = [&](ByteView message) { answer(peer, message); };
  const std::string address = fmt::format("127.0.0.1:{}", peer.links().port());
  std::thread thread([&] { peer.loop().run(); });
  run(self, address);
  if (!peer.loop().post([&] { peer.loop().stop(); })) std::abort();
  thread.join();
}

std::vector<double> round_trips(std::size_t count) {
  std::vector<double> times;
  times.reserve(count);
  const wire::Packed message = wire::pack(noise(kSmallBytes), 0);
  with_peer([&](Node& peer, ByteView) { (void)peer.links().send(1, message); },
            [&](Node& self, const std::string& address) {
              Clock::time_point sent;
              const auto ping = [&] {
                sent = Clock::now();
                (void)self.links().send(2, message);
              };
              self.on_up = ping;
              self.on_message = [&](ByteView) {
                times.push_back(microseconds_since(sent));
                times.size() < count ? ping() : self.loop().stop();
              };
              (void)self.links().dial(address);
              self.loop().run();
            });
  std::sort(times.begin(), times.end());
  return times;
}

double megabytes_per_second(std::size_t megabytes) {
  const std::size_t total = megabytes << 20;
  const wire::Packed message = wire::pack(noise(kLargeBytes), 0);
  const wire::Packed done = wire::pack("done", 0);
  std::size_t received = 0;
  double took_us = 0;
  with_peer(
      [&](Node& peer, ByteView bytes) {
        received += bytes.size();
        if (received >= total) (void)peer.links().send(1, done);
      },
      [&](Node& self, const std::string& address) {
        std::size_t sent = 0;
        const auto fill = [&] {
          for (; sent < total && self.links().writable(2); sent += kLargeBytes)
            (void)self.links().send(2, message);
        };
        Clock::time_point start;
        self.on_up = [&] {
          start = Clock::now();
          fill();
        };
        self.on_writable = fill;
        self.on_message = [&](ByteView) {
          took_us = microseconds_since(start);
          self.loop().stop();
        };
        (void)self.links().dial(address);
        self.loop().run();
      });
  return static_cast<double>(total) / took_us;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t trips = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20'000;
  const std::size_t megabytes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000;
  const std::vector<double> times = round_trips(trips);
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  fmt::print(
      "{{\"round_trip_us\": {{\"p50\": {:.1f}, \"p99\": {:.1f}, \"max\": {:.1f}}}, \"megabytes_per_second\": "
      "{:.0f}}}\n",
      at(0.5), at(0.99), times.back(), megabytes_per_second(megabytes));
  return 0;
}
