// An agent that also makes load: it proposes transactions of its own at QUORUM, as sessions of a SQL endpoint
// do, instead of an application that holds SQLite's write lock meanwhile.
//
//   commit_bench agent --config FILE
//
// Besides FILE it looks for load.json, which says what to do: {"begin_at": CLOCK_MONOTONIC in seconds,
// "seconds", "writers", "first_key"}. Each writer inserts one row into table t of the first database, and the
// next one as soon as the last is decided. What was measured goes to load_done.json: {"milliseconds": [one
// per transaction], "refused"}.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/base/check.h"
#include "agent/config.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/service/commit_request.h"
#include "agent/service/node.h"
#include "agent/service/wall_clock.h"
#include "agent/wire/row_writer.h"

namespace murmel {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Duration kLook = milliseconds(20);
constexpr Duration kTimeout = seconds(10);

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "commit_bench: {}\n", message);
  std::exit(1);
}

std::string insert_of(std::int64_t key) {
  wire::RowWriter writer;
  const std::uint64_t table = writer.table({"t",
                                            row_stream::kHasKey,
                                            {{"id", 1, row_stream::kBinary},
                                             {"k", 0, row_stream::kBinary},
                                             {"a", 0, row_stream::kBinary},
                                             {"b", 0, row_stream::kBinary}},
                                            {0}});
  const std::string name = fmt::format("key {}", key);
  const std::array<wire::Value, 4> row = {wire::integer_value(key), wire::text_value(name),
                                          wire::integer_value(key),
                                          wire::real_value(static_cast<double>(key) / 2)};
  writer.insert(table, row);
  return writer.take();
}

class Load {
 public:
  Load(io::Loop& loop, service::Node& node, std::filesystem::path folder)
      : loop_(loop), node_(node), folder_(std::move(folder)), timer_(loop, [this] { look(); }) {
    timer_.start(kLook);
  }

 private:
  void look() {
    std::ifstream file(folder_ / "load.json");
    if (!file) return timer_.start(kLook);
    plan_ = nlohmann::json::parse(file);
    const Instant begin = Instant{} + from_seconds("begin_at");
    end_ = begin + from_seconds("seconds");
    next_key_ = plan_.at("first_key").get<std::int64_t>();
    timer_ = io::Timer(loop_, [this] { begin_all(); });
    timer_.start_at(begin);
  }

  Duration from_seconds(const char* key) const {
    return microseconds(static_cast<std::int64_t>(plan_.at(key).get<double>() * 1e6));
  }

  void begin_all() {
    replica_ = node_.replicas().all().front();
    running_ = plan_.at("writers").get<int>();
    for (int writer = running_; writer > 0; --writer) write(next_key_++);
  }

  void write(std::int64_t key) {
    if (loop_.now() >= end_) {
      if (--running_ == 0) finish();
      return;
    }
    service::CommitRequest request;
    request.hlc = core::Hlc::at(service::wall_clock_ms());
    request.seen = replica_->commit().have();
    request.payloads = {insert_of(key)};
    auto transaction = service::transaction_of(request, replica_->node(), replica_->filter());
    if (!transaction.ok()) fail(transaction.error().message);
    core::commit_input::Propose proposal;
    proposal.timeout = kTimeout;
    proposal.transaction = std::move(transaction).value();
    replica_->commit().propose(std::move(proposal), [this, key, begun = Clock::now()](const auto& reply) {
      replied(key, begun, reply);
    });
  }

  // Others are in the way only when the schema changes, or voters do; on a busy machine votes may come late.
  void replied(std::int64_t key, Clock::time_point begun, const core::CommitEffects::Reply& reply) {
    if (reply.outcome == core::CommitOutcome::kCommitted) {
      milliseconds_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
      key = next_key_++;
    } else if (reply.outcome == core::CommitOutcome::kRefused ||
               reply.outcome == core::CommitOutcome::kUnknown) {
      fail(reply.text);
    } else {
      ++refused_;
    }
    // Not from inside the answer, which would be as deep as there are transactions.
    INVARIANT(loop_.post([this, key] { write(key); }));
  }

  void finish() {
    const std::filesystem::path part = folder_ / "load_done.part";
    std::ofstream(part) << nlohmann::json{{"milliseconds", milliseconds_}, {"refused", refused_}};
    std::filesystem::rename(part, folder_ / "load_done.json");
  }

  io::Loop& loop_;
  service::Node& node_;
  std::filesystem::path folder_;
  nlohmann::json plan_;
  service::Replica* replica_ = nullptr;
  Instant end_;
  std::int64_t next_key_ = 0;
  int running_ = 0;
  std::int64_t refused_ = 0;
  std::vector<double> milliseconds_;
  io::Timer timer_;
};

void run(const std::string& config) {
  const auto settings = load_config(config);
  if (!settings.ok()) fail(settings.error().message);
  const Status ended = run_agent(*settings, [&config](io::Loop& loop, service::Node& node) {
    return std::make_shared<Load>(loop, node, std::filesystem::path(config).parent_path());
  });
  if (!ended.ok()) fail(ended.error().message);
}

}  // namespace
}  // namespace murmel

int main(int argc, char** argv) {
  if (argc != 4) murmel::fail("usage: commit_bench agent --config FILE");
  murmel::run(argv[3]);
  return 0;
}
