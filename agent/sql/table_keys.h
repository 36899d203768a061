// Keys of tables as MySQL sees them: prefixes of columns, and their order. No thread rule.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/sql/catalog.h"

namespace murmel::sql {

// Can a key be over a prefix of such a column?
bool has_prefixes(const Type& type);
// How long a value can be, in what the length of a prefix counts; 0: longer than any prefix, or no string.
std::uint32_t longest(const Type& type);
// Are values told apart by a prefix of this length as well as by all of them? 0: it is no prefix.
bool covers(const Type& type, std::uint32_t length);
// What a UNIQUE key has of a column that is printed so; `length`: of the prefix, 0: all of it.
std::string unique_value(std::string_view column, std::uint32_t length);
// Into MySQL's order: the primary key, UNIQUE ones (first those without NULL, then those without prefixes),
// others, FULLTEXT. SHOW lists them so, and of several that a row collides in the first one is told.
void sort_keys(TableInfo& table);

}  // namespace murmel::sql
