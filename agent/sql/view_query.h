// The query behind a view. No thread rule.
#pragma once

#include <string_view>
#include <vector>

#include "agent/sql/resolve.h"

namespace murmel::sql {

// CREATE VIEW of a view that MySQL's clients have made, with its names resolved and the scopes of its SELECTs
// in the context; null: it is another one, or one of another database than the current.
const Node* view_query(const TableInfo& view, std::string_view database, Context& context,
                       std::vector<ScopeColumn>* columns = nullptr);
// What is known of its columns' types, in order: as CREATE TABLE ... SELECT would make them, else as their
// expressions have them. Empty: nothing is.
std::vector<Type> view_types(const TableInfo& view, const Catalog& catalog);

}  // namespace murmel::sql
