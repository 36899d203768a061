// ONLY_FULL_GROUP_BY: a query with groups shows columns only that have one value in each group, because they
// are grouped by, or depend on what is (MySQL's manual, "Functional Dependence"), also within views and
// derived tables. Of LATERAL, and of views that SQLite's clients have made, nothing is asked. No thread rule.
#pragma once

#include "agent/sql/ast.h"
#include "agent/sql/resolve.h"

namespace murmel::sql {

// Errors 1055 and 1140, and 3065 for DISTINCT. The SELECT and its ORDER BY, which may be null, are resolved.
void check_full_group_by(const Node* select, const Node* order, const Scope& scope, Context& context);

}  // namespace murmel::sql
