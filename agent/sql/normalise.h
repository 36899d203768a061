// Takes values out of a statement's text, so that statements that differ in nothing else are translated and
// prepared once: `SELECT c FROM t WHERE id = 7` becomes `SELECT c FROM t WHERE id = ?` and 7.
//
// Only where a value means the same to translation as a parameter of its type: compared with something in
// WHERE, in an IN list, in rows of VALUES, assigned by SET. Names of columns, LIMIT, ORDER BY, arguments of
// functions, patterns and dates stay as they are. Pure; no thread rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/sql/translator.h"

namespace murmel::sql {

using Literal = std::variant<std::int64_t, std::string>;

struct NormalText {
  std::string text;
  std::vector<Literal> values;  // one for each ? of the text, in order
};

// Longer texts, and those with more values, are not worth keeping.
inline constexpr std::size_t kMaxNormalText = 16 << 10;
inline constexpr std::size_t kMaxNormalValues = 512;

// A single SELECT, INSERT, REPLACE, UPDATE or DELETE without parameters of its own; nothing for all other
// texts. The text may have no values to take out, or be wrong: that is found when it is translated.
std::optional<NormalText> normalise(std::string_view text, const SqlMode& mode);

}  // namespace murmel::sql
