// MySQL's collations of UTF-8 text. The Unicode ones are ICU's root collation at the strength that the name
// says; utf8mb4_general_ci is one weight per character, as MySQL defines it. PAD SPACE collations take
// trailing blanks for nothing; NO PAD ones (0900, binary) don't. Idea: a collation is a row of a table;
// comparing, sort keys and single characters (LIKE) all go through `Collation`. Thread rule: collations are
// shared and constant once found; ICU's collators may be used from several threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.h"

struct sqlite3;

namespace murmel::functions {

class Collation {
 public:
  virtual ~Collation() = default;
  // Less than, equal to, greater than 0.
  virtual int compare(std::string_view a, std::string_view b) const = 0;
  // Bytes that sort as the text does.
  virtual std::string sort_key(std::string_view text) const = 0;
  // Whether LIKE takes two characters for the same.
  virtual bool same(char32_t a, char32_t b) const = 0;
  // Whether texts that differ can compare as equal: LOCATE and the like may search bytes otherwise.
  virtual bool by_bytes() const { return false; }
};

// By MySQL's name, any case; null for an unknown one. "binary" is one.
const Collation* find_collation(std::string_view name);

Status install_collations(sqlite3* connection);
// Rows of the reference page.
std::string collation_rows();

// One character of UTF-8 text at `*at`, which moves on. A byte that is no UTF-8 counts as a character of its
// own.
char32_t next_character(std::string_view text, size_t* at);
void append_character(std::string* text, char32_t character);
size_t character_count(std::string_view text);
// Bytes before the character number `index` (0-based), or the size if there are fewer.
size_t byte_of_character(std::string_view text, size_t index);

}  // namespace murmel::functions
