// Admin: what a person does about transactions that can't be applied and rows that differ.
#include <nlohmann/json.hpp>

#include "agent/service/admin.h"
#include "agent/service/admin_request.h"
#include "agent/service/node.h"
#include "agent/service/status_json.h"
#include "agent/service/verify.h"

namespace murmel::service {

using nlohmann::json;

void Admin::quarantine(const HttpRequest& request, const HttpReply& reply) {
  const auto replicas = replicas_of(node_, request);
  if (!replicas.ok()) return reply(error_response(replicas.error()));
  json databases = json::array();
  for (const Replica* replica : *replicas) {
    databases.push_back(
        {{"database", replica->name()}, {"quarantine", quarantine_json(replica->sync_status())}});
  }
  reply(json_response({{"databases", databases}}));
}

void Admin::repair(const HttpRequest& request, const HttpReply& reply) {
  verify_.run(text_of(request, "database"), true, [reply](Result<json> result) {
    reply(result.ok() ? json_response(*result) : error_response(result.error()));
  });
}

void Admin::quarantine_retry(const HttpRequest& request, const HttpReply& reply) {
  const auto replicas = replicas_of(node_, request);
  if (!replicas.ok()) return reply(error_response(replicas.error()));
  for (Replica* replica : *replicas) replica->retry_now();
  reply(status_response(Ok{}));
}

void Admin::quarantine_skip(const HttpRequest& request, const HttpReply& reply) {
  const auto replica = replica_of(node_, request);
  if (!replica.ok()) return reply(error_response(replica.error()));
  const auto record = record_of(text_of(request, "id"));
  if (!record.ok()) return reply(error_response(record.error()));
  (*replica)->skip(*record, [reply](const Status& skipped) { reply(status_response(skipped)); });
}

}  // namespace murmel::service
