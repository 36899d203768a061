// Admin: what a person does about the list of members.
#include <signal.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "agent/service/admin.h"
#include "agent/service/admin_request.h"
#include "agent/service/node.h"
#include "agent/service/status_json.h"

namespace murmel::service {
namespace {

Result<NodeId> node_of(const HttpRequest& request) {
  TRY_ASSIGN(const std::int64_t id, number_of(request, "node", 0, 1, kNodeIdMax));
  if (id == 0) return Error{ErrorCode::kInvalid, "say which node (?node=ID)"};
  return static_cast<NodeId>(id);
}

Result<core::EpochRole> role_of(const std::string& name) {
  for (const auto role : {core::EpochRole::kVoter, core::EpochRole::kWitness, core::EpochRole::kReplica}) {
    if (name == epoch_role_name(role)) return role;
  }
  if (name.empty()) return core::EpochRole::kVoter;
  return Error{ErrorCode::kInvalid, "'role' must be voter, witness or replica"};
}

MemberChanges::Reply epoch_reply(const HttpReply& reply) {
  return [reply](const Result<std::uint64_t>& epoch) {
    if (!epoch.ok()) return reply(error_response(epoch.error()));
    reply(json_response({{"ok", true}, {"epoch", *epoch}}));
  };
}

}  // namespace

void Admin::remove(const HttpRequest& request, const HttpReply& reply) {
  const auto id = node_of(request);
  if (!id.ok()) return reply(error_response(id.error()));
  changes_.remove(*id, epoch_reply(reply));
}

void Admin::add_member(const HttpRequest& request, const HttpReply& reply) {
  const auto id = node_of(request);
  if (!id.ok()) return reply(error_response(id.error()));
  const auto role = role_of(text_of(request, "role"));
  if (!role.ok()) return reply(error_response(role.error()));
  changes_.add(*id, *role, epoch_reply(reply));
}

void Admin::allow_member(const HttpRequest& request, const HttpReply& reply) {
  const auto id = node_of(request);
  if (!id.ok()) return reply(error_response(id.error()));
  changes_.allow(*id, epoch_reply(reply));
}

// Ends as after SIGTERM; the reply goes out before, as nothing is closed at once.
void Admin::leave(const HttpRequest& request, const HttpReply& reply) {
  const std::string drain = text_of(request, "drain");
  changes_.leave(!drain.empty() && drain != "0", [reply](const Result<std::uint64_t>& epoch) {
    epoch_reply(reply)(epoch);
    if (epoch.ok()) ::kill(::getpid(), SIGTERM);
  });
}

}  // namespace murmel::service
