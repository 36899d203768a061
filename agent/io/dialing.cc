#include "agent/io/dialing.h"

#include <utility>

namespace murmel::io {

Status Dialing::start(const std::string& target) {
  TRY_ASSIGN(const HostPort address, parse_host_port(target));
  if (under_way(target)) return Ok{};
  if (attempts_.size() >= kAttemptsMax) return Error{ErrorCode::kFull, "too many addresses are being dialed"};
  TRY_ASSIGN(Lookup lookup,
             Lookup::make(loop_, address, [this, target](Result<std::vector<Endpoint>> endpoints) {
               resolved(target, std::move(endpoints));
             }));
  attempts_[target].lookup.emplace(std::move(lookup));
  return Ok{};
}

void Dialing::resolved(const std::string& target, Result<std::vector<Endpoint>> endpoints) {
  Attempt& attempt = attempts_.at(target);
  attempt.lookup.reset();
  if (!endpoints.ok()) return next(target, endpoints.error());
  attempt.endpoints = std::move(endpoints).value();
  // A name of many nodes is shared out among those who dial it.
  for (std::size_t i = attempt.endpoints.size(); i > 1; --i) {
    std::swap(attempt.endpoints[i - 1], attempt.endpoints[random_.below(i)]);
  }
  next(target, {ErrorCode::kUnavailable, "the name " + target + " has no address"});
}

void Dialing::failed(const std::string& target, const Error& why) {
  if (under_way(target)) next(target, why);
}

void Dialing::next(const std::string& target, const Error& why) {
  Attempt& attempt = attempts_.at(target);
  if (attempt.endpoints.empty()) {
    attempts_.erase(target);
    owner_.not_reached(target, why);
    return;
  }
  const Endpoint endpoint = attempt.endpoints.back();
  attempt.endpoints.pop_back();
  owner_.connect(target, endpoint);
}

}  // namespace murmel::io
