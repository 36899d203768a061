// The groups of functions, one table each; registry.cc puts them together.
// Thread rule: none; constants.
#pragma once

#include <span>

#include "agent/functions/registry.h"

namespace murmel::functions {

std::span<const Function> comparison_functions();
std::span<const Function> arithmetic_functions();
std::span<const Function> bit_functions();
std::span<const Function> cast_functions();
std::span<const Function> string_functions();
std::span<const Function> code_functions();
std::span<const Function> numeric_functions();
std::span<const Function> date_part_functions();
std::span<const Function> date_arithmetic_functions();
std::span<const Function> date_format_functions();
std::span<const Function> aggregate_functions();
std::span<const Function> collecting_functions();
std::span<const Function> json_read_functions();
std::span<const Function> json_write_functions();
std::span<const Function> json_about_functions();
std::span<const Function> regexp_functions();
std::span<const Function> crypto_functions();
std::span<const Function> information_functions();
std::span<const Function> lock_functions();
std::span<const Function> address_functions();
std::span<const Function> storing_functions();
std::span<const Function> timestamp_functions();
std::span<const Function> full_text_functions();
std::span<const Function> json_table_functions();
std::span<const Function> lateral_functions();
// mysql_relevance, which is FTS5's to call.
Status install_full_text(sqlite3* connection);
// mysql_json_table, a virtual table with so many columns and its two arguments.
constexpr int kJsonTableColumnsMax = 128;
Status install_json_table(sqlite3* connection, Session& session);

// mysql_rows, a virtual table.
Status install_lateral(sqlite3* connection);

}  // namespace murmel::functions
