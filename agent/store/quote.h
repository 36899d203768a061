// Names in SQL: the one way in which they get there.
#pragma once

#include <string>
#include <string_view>

namespace murmel::store {

// "name", with quotes inside doubled.
std::string quote_name(std::string_view name);

// Tables that hold Murmel's or SQLite's own state are never replicated as such.
bool is_internal_name(std::string_view name);

// ASCII letters in lower case, as SQLite compares names.
std::string fold_name(std::string_view name);

}  // namespace murmel::store
