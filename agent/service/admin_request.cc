#include "agent/service/admin_request.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/service/node.h"
#include "agent/service/status_json.h"

namespace murmel::service {

HttpResponse json_response(const nlohmann::json& value, int status) {
  return {status, "application/json",
          value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
}

HttpResponse error_response(const Error& error) {
  return json_response(error_json(error), http_status_of(error.code));
}

HttpResponse status_response(const Status& status) {
  return status.ok() ? json_response({{"ok", true}}) : error_response(status.error());
}

Result<std::int64_t> number_of(const HttpRequest& request, const std::string& name, std::int64_t fallback,
                               std::int64_t minimum, std::int64_t maximum) {
  const auto found = request.query.find(name);
  if (found == request.query.end() || found->second.empty()) return fallback;
  const std::string& text = found->second;
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || value < minimum || value > maximum) {
    return Error{ErrorCode::kInvalid,
                 fmt::format("'{}' must be a number from {} to {}", name, minimum, maximum)};
  }
  return value;
}

std::string text_of(const HttpRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

Result<Replica*> replica_of(Node& node, const HttpRequest& request) {
  const std::string name = text_of(request, "database");
  const std::vector<Replica*> all = node.replicas().all();
  if (name.empty()) {
    if (all.size() == 1) return all.front();
    return Error{ErrorCode::kInvalid,
                 fmt::format("this node has {} databases; say which (?database=NAME)", all.size())};
  }
  Replica* replica = node.replicas().find(name);
  if (replica != nullptr) return replica;
  // Those that MySQL clients have made have their number behind the name.
  const auto made = std::find_if(all.begin(), all.end(), [&name](const Replica* one) {
    return std::string_view(one->name()).starts_with(name + "@");
  });
  if (made != all.end()) return *made;
  std::string names;
  for (const Replica* one : all) names += (names.empty() ? "" : ", ") + one->name();
  return Error{ErrorCode::kNotFound, fmt::format("no database is named {}; there are {}", name, names)};
}

Result<std::vector<Replica*>> replicas_of(Node& node, const HttpRequest& request) {
  if (text_of(request, "database").empty()) return node.replicas().all();
  TRY_ASSIGN(Replica* const replica, replica_of(node, request));
  return std::vector{replica};
}

Result<core::Position> record_of(const std::string& id) {
  const Error error{ErrorCode::kInvalid, "'" + id + "' is not the id of a transaction (7:12 or 7q:12, say)"};
  const std::size_t colon = id.find(':');
  if (colon == std::string::npos) return error;
  const auto origin = parse_origin(id.substr(0, colon));
  core::Position record;
  const char* end = id.data() + id.size();
  const auto parsed = std::from_chars(id.data() + colon + 1, end, record.seq);
  if (!origin.ok() || parsed.ec != std::errc{} || parsed.ptr != end || record.seq <= 0) return error;
  record.origin = *origin;
  return record;
}

}  // namespace murmel::service
