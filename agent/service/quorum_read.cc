#include "agent/service/quorum_read.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/core/vectors.h"
#include "agent/service/commit_host.h"

namespace murmel::service {
namespace {

using nlohmann::json;

constexpr char kKnownCall[] = "known";
constexpr char kDatabase[] = "database";
constexpr char kEpoch[] = "epoch";
constexpr char kHoldBack[] = "hold_ms";  // may be missing
constexpr std::int64_t kHoldBackMsMax = 10'000;

using Known = std::optional<core::VersionVector>;

Error changing_error() {
  return {ErrorCode::kBusy, "the voting nodes are being changed, or this one is not ready; try again"};
}

void hold_back(CommitHost& host, const json& question) {
  const auto found = question.find(kHoldBack);
  if (found == question.end() || !found->is_number_unsigned()) return;
  host.hold_back(milliseconds(std::min(found->get<std::int64_t>(), kHoldBackMsMax)));
}

// `null`: in this epoch nobody may read by this node's answer.
std::string to_text(const Known& positions) {
  if (!positions) return "null";
  json list = json::array();
  for (const auto& [origin, seq] : *positions) list.push_back({origin, seq});
  return list.dump();
}

Result<core::VersionVector> from_text(const std::string& text) {
  const Error error{ErrorCode::kCorrupt, "a node's answer makes no sense"};
  const json list = json::parse(text, nullptr, false);
  if (list.is_null()) return changing_error();
  if (!list.is_array()) return error;
  core::VersionVector positions;
  for (const json& pair : list) {
    if (!pair.is_array() || pair.size() != 2) return error;
    if (!pair[0].is_number_unsigned() || !pair[1].is_number_integer()) return error;
    const auto origin = pair[0].get<std::uint64_t>();
    if (origin > UINT32_MAX || !is_decided_origin(static_cast<NodeId>(origin))) return error;
    positions[static_cast<NodeId>(origin)] = pair[1].get<Seq>();
  }
  return positions;
}

// One question to several nodes. Owned by the callbacks of their answers, each of which is called once.
struct Question {
  std::size_t missing = 0;  // answers that a majority still needs
  std::size_t open = 0;     // nodes that have not answered
  bool changing = false;    // one of them said so
  core::VersionVector positions;
  PositionsReply reply;

  void add(const Result<core::VersionVector>& answer) {
    --open;
    if (!reply) return;
    if (answer.ok()) {
      core::raise(positions, *answer);
      --missing;
    } else if (answer.error().code == ErrorCode::kBusy) {
      changing = true;
    }
    if (missing == 0) return std::exchange(reply, nullptr)(std::move(positions));
    if (open >= missing) return;
    const Error none{ErrorCode::kUnavailable, "no majority of the nodes answers; read locally, or try again"};
    std::exchange(reply, nullptr)(changing ? changing_error() : none);
  }
};

}  // namespace

void answer_quorum_reads(Calls& calls, std::function<CommitHost*(const std::string& database)> find) {
  calls.handle(kKnownCall, [find = std::move(find)](const std::string& body, const Calls::Reply& reply) {
    const json question = json::parse(body, nullptr, false);
    const bool good = question.is_object() && question.contains(kDatabase) && question.contains(kEpoch) &&
                      question[kDatabase].is_string() && question[kEpoch].is_number_unsigned();
    if (!good) return reply(Error{ErrorCode::kInvalid, "a question that makes no sense"});
    const auto database = question[kDatabase].get<std::string>();
    CommitHost* host = find(database);
    if (host == nullptr || !host->is_open()) {
      return reply(Error{ErrorCode::kUnavailable, "database " + database + " is not open here"});
    }
    hold_back(*host, question);
    reply(to_text(host->known_in(question[kEpoch].get<std::uint64_t>())));
  });
}

void read_at_quorum(Calls& calls, CommitHost& host, Duration timeout, Duration hold_back,
                    const PositionsReply& reply) {
  if (hold_back.ns > 0) host.hold_back(hold_back);
  const core::Epoch epoch = host.status().epoch;
  auto question = std::make_shared<Question>();
  question->missing = epoch.voters.size() / 2 + 1;
  question->open = epoch.voters.size() + 1;  // this call ends the counting
  question->reply = reply;
  json ask{{kDatabase, host.database()}, {kEpoch, epoch.number}};
  if (hold_back.ns > 0) ask[kHoldBack] = hold_back.ms();
  const std::string body = ask.dump();
  for (const NodeId node : epoch.voters) {
    if (node == host.node()) {
      const Known known = host.known_in(epoch.number);
      question->add(known ? Result<core::VersionVector>(*known) : changing_error());
      continue;
    }
    calls.ask(node, kKnownCall, body, timeout, [question](const Result<std::string>& answer) {
      question->add(answer.ok() ? from_text(*answer) : answer.error());
    });
  }
  question->add(Error{ErrorCode::kUnavailable, ""});
}

}  // namespace murmel::service
