// Names of months and days as MySQL has them in a locale (lc_time_names).
// Thread rule: none; constants.
#pragma once

#include <string_view>

#include "agent/functions/session.h"

namespace murmel::functions {

struct DateNames {
  const char* locale;  // "de_DE"
  const char* months[12];
  const char* short_months[12];
  const char* days[7];  // Monday first, as `weekday` counts
  const char* short_days[7];
};

extern const DateNames kEnglishDateNames;  // en_US, MySQL's default

// Null for a locale whose names are not known here; upper and lower case are one.
const DateNames* date_names_of(std::string_view locale);
const DateNames& names_in(Session& session);

}  // namespace murmel::functions
