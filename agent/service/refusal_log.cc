#include "agent/service/refusal_log.h"

namespace murmel::service {
namespace {

bool nobody_answers(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout;
}

}  // namespace

RefusalNews RefusalLog::note(Instant now, const std::string& address, const Error& why) {
  if (nobody_answers(why.code)) {
    if (silent_.size() >= kRefusalsKept) silent_.clear();  // costs a line or two
    const auto [found, first] = silent_.try_emplace(address, Silent{now, now});
    Silent& silent = found->second;
    const bool anew = first || now - silent.last > kNotUpForgotten;
    if (anew) silent = {now, now};
    silent.last = now;
    if (anew) return RefusalNews::kNotUp;
    if (silent.warned || now - silent.first < kNotUpPatience) return RefusalNews::kNone;
    silent.warned = true;
    return RefusalNews::kStillNotUp;
  }
  // Who comes to us does so from another port each time.
  const std::string key = address.substr(0, address.rfind(':')) + " " + why.message;
  if (told_refused_.size() >= kRefusalsKept) told_refused_.clear();
  const auto [found, first] = told_refused_.try_emplace(key, now);
  if (!first && now - found->second < kRefusalRepeat) return RefusalNews::kNone;
  found->second = now;
  return RefusalNews::kRefused;
}

}  // namespace murmel::service
