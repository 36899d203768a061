// Queries in FROM that MySQL makes part of the query around them (ALGORITHM = MERGE), and what follows from
// it for the names of a result. No thread rule.
#pragma once

#include "agent/sql/resolve.h"

namespace murmel::sql {

// Is it one? `query` has been resolved.
bool is_inlined(const Node* query);
// A column without an alias is called in the result as it is written. One of a query that is made part of
// this one is called as there, and so are those of information_schema, whose tables are views.
void name_as_in_views(Node* items, const Scope& scope, Context& context);

}  // namespace murmel::sql
