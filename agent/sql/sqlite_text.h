// Reads SQLite's own SQL as statements, for clients that have switched translation off. It stays as it is;
// only where a statement ends, what it does and where its parameters are has to be known. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "agent/sql/translator.h"

namespace murmel::sql {

// Whether the first statement of `text` is one that sessions do themselves, in MySQL's words: SET, SHOW, USE,
// BEGIN, COMMIT, KILL, ...
bool is_session_text(std::string_view text);
// The first statement, which is taken away from `rest`; nothing at the end. Queries are of kind kExplain, as
// nothing is known of their columns. Error 1235: ATTACH, DETACH, VACUUM.
std::optional<Statement> next_sqlite_text(std::string_view& rest);

}  // namespace murmel::sql
