// The query behind a view. No thread rule.
#pragma once

#include <string_view>

#include "agent/sql/resolve.h"

namespace murmel::sql {

// CREATE VIEW of a view that MySQL's clients have made, with its names resolved and the scopes of its SELECTs
// in the context; null: it is another one, or one of another database than the current.
const Node* view_query(const TableInfo& view, std::string_view database, Context& context);

}  // namespace murmel::sql
