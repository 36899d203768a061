// Names of months and days in MySQL's default locale, en_US.
// Thread rule: none; constants.
#pragma once

namespace murmel::functions {

inline constexpr const char* kMonthNames[] = {"January",   "February", "March",    "April",
                                              "May",       "June",     "July",     "August",
                                              "September", "October",  "November", "December"};
// Monday first, as `weekday` counts.
inline constexpr const char* kDayNames[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                            "Friday", "Saturday", "Sunday"};

}  // namespace murmel::functions
