#include "agent/functions/time_zone.h"

#include <unicode/timezone.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>

namespace murmel::functions {
namespace {

const int64_t kEpochUs = day_number(1970, 1, 1) * kMicrosPerDay;
constexpr int64_t kMinuteUs = 60 * kMicrosPerSecond;

// "+02:00" to microseconds; MySQL takes -13:59 to +14:00.
std::optional<int64_t> fixed_offset(std::string_view zone) {
  if (zone.size() < 5 || zone.size() > 6 || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
  size_t colon = zone.find(':');
  if (colon != zone.size() - 3) return std::nullopt;
  int64_t hours = 0, minutes = 0;
  for (size_t i = 1; i < zone.size(); ++i) {
    if (i == colon) continue;
    if (zone[i] < '0' || zone[i] > '9') return std::nullopt;
    (i < colon ? hours : minutes) = (i < colon ? hours : minutes) * 10 + (zone[i] - '0');
  }
  int64_t total = hours * 60 + minutes;
  if (minutes > 59 || total > 14 * 60 || (zone[0] == '-' && total >= 14 * 60)) return std::nullopt;
  return (zone[0] == '-' ? -total : total) * kMinuteUs;
}

const icu::TimeZone* named_zone(std::string_view name) {
  thread_local std::map<std::string, std::unique_ptr<icu::TimeZone>, std::less<>> zones;
  auto found = zones.find(name);
  if (found == zones.end()) {
    std::unique_ptr<icu::TimeZone> zone;
    if (name == "SYSTEM") {
      zone.reset(icu::TimeZone::createDefault());
    } else {
      auto id =
          icu::UnicodeString::fromUTF8(icu::StringPiece(name.data(), static_cast<int32_t>(name.size())));
      zone.reset(icu::TimeZone::createTimeZone(id));
      if (*zone == icu::TimeZone::getUnknown()) zone.reset();
    }
    found = zones.emplace(std::string(name), std::move(zone)).first;
  }
  return found->second.get();
}

std::optional<int64_t> icu_offset(std::string_view name, int64_t us, bool local) {
  const icu::TimeZone* zone = named_zone(name);
  if (zone == nullptr) return std::nullopt;
  int32_t raw, saving;
  UErrorCode status = U_ZERO_ERROR;
  zone->getOffset(static_cast<double>(us) / 1000.0, local, raw, saving, status);
  return (static_cast<int64_t>(raw) + saving) * 1000;
}

}  // namespace

std::optional<int64_t> zone_offset_us(std::string_view zone, int64_t utc_us) {
  if (auto offset = fixed_offset(zone)) return offset;
  return icu_offset(zone, utc_us, false);
}

std::optional<int64_t> utc_of_local(std::string_view zone, const Moment& local) {
  int64_t local_us = micros_of(local) - kEpochUs;
  auto offset = fixed_offset(zone);
  if (!offset) offset = icu_offset(zone, local_us, true);
  if (!offset) return std::nullopt;
  return local_us - *offset;
}

Moment local_moment(int64_t utc_us, std::string_view zone, int digits) {
  return moment_of_micros(utc_us + zone_offset_us(zone, utc_us).value_or(0) + kEpochUs, true, digits);
}

Moment local_moment(int64_t utc_us, Session& session, int digits) {
  return local_moment(utc_us, session.time_zone(), digits);
}

}  // namespace murmel::functions
