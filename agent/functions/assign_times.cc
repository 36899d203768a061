// Dates and times as columns store them.
#include "agent/functions/assign.h"
#include "agent/functions/temporal.h"
#include "agent/functions/time_zone.h"
#include "agent/functions/timestamps.h"

namespace murmel::functions {
namespace {

constexpr char kUtc[] = "+00:00";

bool is_date(Assignment& to) {
  return to.type.family == ColumnType::Family::kDate;
}

// Nothing if the value is no date; `cut`: something after it was left out.
std::optional<Moment> read_moment(Assignment& to, bool* cut) {
  Session& session = to.session;
  const uint32_t mode = session.sql_mode();
  if (to.value.is_text()) {
    if (const auto zoned = zoned_time(to.value.text))
      return zoned->in(to.type.in_utc ? kUtc : session.time_zone());
    return parse_moment(to.value.text, mode, cut);
  }
  if (to.value.kind == Kind::kTime) return to_moment(to.value, session);
  if (to.value.is_temporal()) return parse_moment(to.value.text, mode, cut);
  const auto number = to_decimal(to.value, nullptr).rounded(0).to_int64();
  return number ? moment_of_number(*number, mode) : std::nullopt;
}

std::string incorrect(Assignment& to, const char* what) {
  return std::string("Incorrect ") + what + " value: '" + to_text(to.value).substr(0, 64) + "'";
}

// Of a time that the zone's clocks leave out, the one after the gap.
Moment in_utc(Assignment& to, const Moment& local) {
  const bool zoned = to.value.is_text() && zoned_time(to.value.text).has_value();  // read in UTC
  const auto utc = zoned ? std::optional(local) : moment_in_utc(local, to.session);
  if (utc && is_timestamp(*utc)) return *utc;
  Moment zero;
  zero.has_time = true;
  zero.digits = local.digits;
  if (to.refused(1292, incorrect(to, "datetime")) || utc || local.partial()) return zero;
  const auto after = utc_of_local(to.session.time_zone(), local);
  return after ? local_moment(*after, kUtc, local.digits) : zero;
}

bool has_time_of_day(const Moment& moment) {
  return moment.hour != 0 || moment.minute != 0 || moment.second != 0 || moment.micro != 0;
}

}  // namespace

void assign_date(Assignment& to) {
  bool cut = false;
  auto moment = read_moment(to, &cut);
  if (!moment || cut) {
    if (to.refused(1292, incorrect(to, is_date(to) ? "date" : "datetime"))) return;
    if (!moment) moment.emplace();
  }
  if (is_date(to)) {
    if (has_time_of_day(*moment)) to.note_truncated();
    return to.give(date_text(*moment));
  }
  moment->has_time = true;
  if (!moment->zero()) *moment = rounded(*moment, to.type.decimals);
  moment->digits = to.type.decimals;
  to.give(moment_text(to.type.in_utc ? in_utc(to, *moment) : *moment));
}

void assign_time(Assignment& to) {
  bool cut = false;
  std::optional<Duration> duration;
  if (to.value.is_text()) {
    duration = parse_duration(to.value.text, &cut);
  } else if (to.value.is_temporal()) {
    duration = to_duration(to.value, to.session);
  } else {
    duration = duration_of_number(to_decimal(to.value, nullptr));
  }
  if (!duration || cut) {
    if (to.refused(1292, incorrect(to, "time"))) return;
    if (!duration) duration.emplace();
  }
  Duration value = rounded(*duration, to.type.decimals);
  if (value.micros > kDurationMax || value.micros < -kDurationMax) {
    if (to.out_of_range()) return;
    value.micros = value.micros < 0 ? -kDurationMax : kDurationMax;
  }
  value.digits = to.type.decimals;
  to.give(duration_text(value));
}

}  // namespace murmel::functions
