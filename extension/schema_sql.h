// What a statement's text says it does, without parsing it.
#pragma once

#include <strings.h>

#include <cstring>

namespace murmel::extension {

// Behind white space, semicolons and comments; at the end of the text if there is nothing else.
inline const char* first_word(const char* sql) noexcept {
  for (;;) {
    if (*sql == ' ' || *sql == ';' || (*sql >= '\t' && *sql <= '\r')) {
      sql++;
    } else if (sql[0] == '-' && sql[1] == '-') {
      sql = std::strchr(sql, '\n');
      if (sql == nullptr) return "";
    } else if (sql[0] == '/' && sql[1] == '*') {
      sql = std::strstr(sql + 2, "*/");
      if (sql == nullptr) return "";
      sql += 2;
    } else {
      return sql;
    }
  }
}

// Asked of every statement of an application, so the first letter has to do for most. What is temporary is in
// no database that others have.
inline bool changes_schema(const char* sql) noexcept {
  sql = first_word(sql);
  switch (*sql | 0x20) {
    case 'a': return strncasecmp(sql, "alter", 5) == 0;
    case 'c': return strncasecmp(sql, "create", 6) == 0 && strncasecmp(first_word(sql + 6), "temp", 4) != 0;
    case 'd': return strncasecmp(sql, "drop", 4) == 0;
    default: return false;
  }
}

}  // namespace murmel::extension
