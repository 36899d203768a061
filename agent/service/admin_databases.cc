// Admin: databases that are made and dropped for the whole cluster.
#include <nlohmann/json.hpp>

#include "agent/service/admin.h"
#include "agent/service/admin_request.h"
#include "agent/service/node.h"

namespace murmel::service {
namespace {

DatabaseCatalog::Reply answer(const HttpReply& reply) {
  return [reply](const Result<nlohmann::json>& result) {
    reply(result.ok() ? json_response(*result) : error_response(result.error()));
  };
}

}  // namespace

void Admin::databases(const HttpRequest&, const HttpReply& reply) {
  node_.catalog().list(answer(reply));
}

void Admin::create_database(const HttpRequest& request, const HttpReply& reply) {
  node_.catalog().create(text_of(request, "name"), answer(reply));
}

void Admin::drop_database(const HttpRequest& request, const HttpReply& reply) {
  const auto deletes = number_of(request, "delete_files", 0, 0, 1);
  if (!deletes.ok()) return reply(error_response(deletes.error()));
  node_.catalog().drop(text_of(request, "name"), *deletes == 1, answer(reply));
}

}  // namespace murmel::service
