// Admin: what a person does about the schema.
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/service/admin.h"
#include "agent/service/admin_request.h"
#include "agent/service/node.h"
#include "agent/service/schema_changes.h"
#include "agent/service/verify.h"

namespace murmel::service {
namespace {

using nlohmann::json;

constexpr std::int64_t kSchemaTimeoutMs = 20'000;

}  // namespace

void Admin::schema(const HttpRequest& request, const HttpReply& reply) {
  const auto replica = replica_of(node_, request);
  if (!replica.ok()) return reply(error_response(replica.error()));
  const auto timeout_ms = number_of(request, "timeout_ms", kSchemaTimeoutMs, 1, 600'000);
  if (!timeout_ms.ok()) return reply(error_response(timeout_ms.error()));
  const std::string name = (*replica)->name();
  if (!schema_changes_) schema_changes_ = std::make_unique<SchemaChanges>(loop_, node_.replicas());
  schema_changes_->apply(
      name, request.body, milliseconds(*timeout_ms), [name, reply](const Result<core::Position>& slot) {
        if (!slot.ok()) return reply(error_response(slot.error()));
        json answer = {{"database", name}, {"changed", slot->seq > 0}};
        if (slot->seq > 0) {
          answer["transaction"] = fmt::format("{}:{}", origin_name(slot->origin), slot->seq);
        }
        reply(json_response(answer));
      });
}

void Admin::show_schema(const HttpRequest& request, const HttpReply& reply) {
  const auto replica = replica_of(node_, request);
  if (!replica.ok()) return reply(error_response(replica.error()));
  node_.schemas().show((*replica)->name(), [reply](const Result<json>& answer) {
    reply(answer.ok() ? json_response(*answer) : error_response(answer.error()));
  });
}

// Rows can be compared only where the schema is the same, so they come second.
void Admin::repair_schema(const HttpRequest& request, const HttpReply& reply) {
  const auto replica = replica_of(node_, request);
  const auto from = number_of(request, "from", 0, 1, kNodeIdMax);
  if (!replica.ok()) return reply(error_response(replica.error()));
  if (!from.ok()) return reply(error_response(from.error()));
  const std::string name = (*replica)->name();
  const auto donor = *from == 0 ? std::nullopt : std::optional(static_cast<NodeId>(*from));
  node_.schemas().repair(name, donor, [this, name, reply](const Result<json>& answer) {
    if (!answer.ok()) return reply(error_response(answer.error()));
    if ((*answer)["repairs"].empty()) return reply(json_response(*answer));
    verify_.run(name, true, [told = *answer, reply](const Result<json>& rows) mutable {
      told["rows"] = rows.ok() ? *rows : json{{"error", rows.error().message}};
      reply(json_response(told));
    });
  });
}

}  // namespace murmel::service
