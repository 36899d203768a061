#include "agent/service/quorum_read.h"

#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/core/vectors.h"
#include "agent/service/replica_set.h"

namespace murmel::service {
namespace {

using nlohmann::json;

constexpr char kKnownCall[] = "known";

std::string to_text(const core::VersionVector& positions) {
  json list = json::array();
  for (const auto& [origin, seq] : positions) list.push_back({origin, seq});
  return list.dump();
}

Result<core::VersionVector> from_text(const std::string& text) {
  const Error error{ErrorCode::kCorrupt, "a node's answer makes no sense"};
  const json list = json::parse(text, nullptr, false);
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
  core::VersionVector positions;
  PositionsReply reply;

  void add(const Result<core::VersionVector>& answer) {
    --open;
    if (!reply) return;
    if (answer.ok()) {
      core::raise(positions, *answer);
      --missing;
    }
    if (missing == 0) return std::exchange(reply, nullptr)(std::move(positions));
    if (open >= missing) return;
    std::exchange(reply, nullptr)(
        Error{ErrorCode::kUnavailable, "no majority of the nodes answers; read locally, or try again"});
  }
};

}  // namespace

void answer_quorum_reads(Calls& calls, std::function<CommitHost*(const std::string& database)> find) {
  calls.handle(kKnownCall, [find = std::move(find)](const std::string& database, const Calls::Reply& reply) {
    const CommitHost* host = find(database);
    if (host == nullptr || !host->is_open()) {
      return reply(Error{ErrorCode::kUnavailable, "database " + database + " is not open here"});
    }
    reply(to_text(host->known()));
  });
}

void read_at_quorum(Calls& calls, const Replica& replica, Duration timeout, const PositionsReply& reply) {
  const core::Epoch epoch = replica.commit().status().epoch;
  auto question = std::make_shared<Question>();
  question->missing = epoch.voters.size() / 2 + 1;
  question->open = epoch.voters.size() + 1;  // this call ends the counting
  question->reply = reply;
  for (const NodeId node : epoch.voters) {
    if (node == replica.node()) {
      question->add(replica.commit().known());
      continue;
    }
    calls.ask(node, kKnownCall, replica.name(), timeout, [question](const Result<std::string>& answer) {
      question->add(answer.ok() ? from_text(*answer) : answer.error());
    });
  }
  question->add(Error{ErrorCode::kUnavailable, ""});
}

}  // namespace murmel::service
