// Expressions in MySQL's own notation, as SHOW CREATE TABLE writes those of CHECK and of generated columns:
// names in backticks, each operation in parentheses. Of a tree as parsed; reads back as the same tree. No
// thread rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/sql/ast.h"

namespace murmel::sql {

// Nothing for what has no place in such an expression: queries, parameters, window functions.
std::optional<std::string> mysql_expression(const Node* expression);
// In backticks.
std::string mysql_name(std::string_view name);

}  // namespace murmel::sql
