#include "agent/service/calls.h"

#include <optional>

#include <doctest/doctest.h>

#include "tests/unit/service/outbox_recorder.h"

namespace murmel::service {
namespace {

using test::OutboxRecorder;

struct Fixture {
  std::unique_ptr<io::Loop> loop = std::move(io::Loop::make()).value();
  OutboxRecorder outbox{{2}};
  Calls calls{*loop, outbox};
  std::optional<Result<std::string>> reply;

  void ask(NodeId node, Duration timeout = seconds(60)) {
    calls.ask(node, "echo", "body", timeout,
              [this](Result<std::string> result) { reply = std::move(result); });
  }
};

}  // namespace

TEST_CASE("an answer finds its question, and only from the node that was asked") {
  Fixture f;
  f.ask(2);
  const auto sent = f.outbox.take();
  REQUIRE(sent.size() == 1);
  const auto number = std::get<wire::Call>(sent[0].second.body).number;
  f.calls.received(3, wire::Answer{number, false, "forged"});
  f.calls.received(2, wire::Answer{number + 1, false, "unasked"});
  CHECK_FALSE(f.reply);
  f.calls.received(2, wire::Answer{number, false, "good"});
  REQUIRE(f.reply);
  CHECK(f.reply->value() == "good");
}

TEST_CASE("a question without a link, or whose link goes down, gets an error") {
  Fixture f;
  f.ask(9);
  CHECK(f.reply->error().code == ErrorCode::kUnavailable);
  f.reply.reset();
  f.ask(2);
  f.calls.peer_down(2);
  CHECK(f.reply->error().code == ErrorCode::kUnavailable);
}

TEST_CASE("a question that nobody answers runs out of time") {
  Fixture f;
  f.ask(2, Duration{});
  while (!f.reply) f.loop->run_for(milliseconds(100));
  CHECK(f.reply->error().code == ErrorCode::kTimeout);
}

TEST_CASE("a call is answered by its handler; an unknown one with an error") {
  Fixture f;
  f.calls.handle("echo", [](const std::string& body, const Calls::Reply& reply) { reply("<" + body + ">"); });
  f.calls.received(2, wire::Call{7, "echo", "x"});
  f.calls.received(2, wire::Call{8, "strange", ""});
  const auto sent = f.outbox.take();
  REQUIRE(sent.size() == 2);
  CHECK(std::get<wire::Answer>(sent[0].second.body) == wire::Answer{7, false, "<x>"});
  CHECK(std::get<wire::Answer>(sent[1].second.body).failed);
}

}  // namespace murmel::service
