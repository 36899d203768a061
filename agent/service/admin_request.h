// What the actions of the admin port share: reading a request's query, making an answer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "agent/base/result.h"
#include "agent/core/change_set.h"
#include "agent/service/http_server.h"

namespace murmel::service {

class Node;
class Replica;

HttpResponse json_response(const nlohmann::json& value, int status = 200);
HttpResponse error_response(const Error& error);
HttpResponse status_response(const Status& status);

// The number in a query, or `fallback` if it is not given.
Result<std::int64_t> number_of(const HttpRequest& request, const std::string& name, std::int64_t fallback,
                               std::int64_t minimum, std::int64_t maximum);
std::string text_of(const HttpRequest& request, const std::string& name);
// The database a request names; the only one if it names none. kNotFound, kInvalid.
Result<Replica*> replica_of(Node& node, const HttpRequest& request);
// The same; all if it names none.
Result<std::vector<Replica*>> replicas_of(Node& node, const HttpRequest& request);
// "7:12": the twelfth change set of node 7; "7q:12": its twelfth transaction at quorum.
Result<core::Position> record_of(const std::string& id);

}  // namespace murmel::service
