// How MySQL compares two values of any types, and pattern matching of LIKE.
// Thread rule: none; functions of their arguments.
#pragma once

#include <optional>
#include <string_view>

#include "agent/functions/collation.h"
#include "agent/functions/session.h"
#include "agent/functions/value.h"

namespace murmel::functions {

// Less than, equal to, greater than 0. Neither is NULL. `collation` is for two strings; a binary string makes
// it bytes.
int compare_values(const Value& a, const Value& b, const Collation& collation, Session& session);

// Compares numbers that `to_number` made, exactly where both are exact.
int compare_numbers(const Value& a, const Value& b);

// `escape` 0: none.
bool like(std::string_view text, std::string_view pattern, char32_t escape, const Collation& collation);

}  // namespace murmel::functions
