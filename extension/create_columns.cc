#include "extension/create_columns.h"

#include <strings.h>

namespace murmel::extension {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || c == '_' || c == '$' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

char closing_quote(char c) {
  if (c == '[') return ']';
  return c == '"' || c == '\'' || c == '`' ? c : '\0';
}

// Behind the quoted text that begins at `at`. A doubled quote is part of it.
const char* skip_quoted(const char* at) {
  const char close = closing_quote(*at++);
  for (; *at != 0; at++) {
    if (*at != close) continue;
    if (close == ']' || at[1] != close) return at + 1;
    at++;
  }
  return at;
}

const char* skip_space(const char* at) {
  for (;;) {
    if (is_space(*at)) {
      at++;
    } else if (at[0] == '-' && at[1] == '-') {
      while (*at != 0 && *at != '\n') at++;
    } else if (at[0] == '/' && at[1] == '*') {
      const char* end = std::strstr(at + 2, "*/");
      at = end == nullptr ? at + std::strlen(at) : end + 2;
    } else {
      return at;
    }
  }
}

const char* skip_token(const char* at) {
  if (closing_quote(*at) != 0) return skip_quoted(at);
  if (!is_word(*at)) return at + 1;
  while (is_word(*at)) at++;
  return at;
}

// The comma or parenthesis that ends what begins at `at`, or the end of the text.
const char* end_of_definition(const char* at) {
  int depth = 0;
  for (at = skip_space(at); *at != 0; at = skip_space(skip_token(at))) {
    if (*at == '(') depth++;
    if (depth == 0 && (*at == ',' || *at == ')')) return at;
    if (*at == ')') depth--;
  }
  return at;
}

bool begins_constraint(const char* at) {
  constexpr const char* kWords[] = {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"};
  const auto n = static_cast<std::size_t>(skip_token(at) - at);
  for (const char* word : kWords) {
    if (n == std::strlen(word) && strncasecmp(at, word, n) == 0) return true;
  }
  return false;
}

// Whether the columns that both have stand in the same order, and the new ones behind all others: what ALTER
// TABLE can't change without moving values from one name to another.
bool same_order(const CreateColumns& before, const CreateColumns& after, bool renamed) {
  std::size_t behind = 0;
  bool added = false;
  for (std::size_t i = 0; i < after.size(); i++) {
    const std::size_t place = before.find(after[i]);
    if (place == before.size()) {
      added = !renamed;
      continue;
    }
    if (added || place < behind || (renamed && place != i)) return false;
    behind = place + 1;
  }
  return true;
}

}  // namespace

bool CreateColumns::read(const char* sql) {
  const char* at = skip_space(sql);
  while (*at != 0 && *at != '(') at = skip_space(skip_token(at));
  while (*at == '(' || *at == ',') {
    at = skip_space(at + 1);
    if (begins_constraint(at)) break;
    const char close = closing_quote(*at);
    const char* const end = skip_token(at);
    if (!starts_.push(names_.size())) return false;
    for (const char* c = close == 0 ? at : at + 1; c < (close == 0 ? end : end - 1); c++) {
      if (!names_.push(*c)) return false;
      if (close != 0 && close != ']' && *c == close) c++;  // doubled
    }
    if (!names_.push('\0')) return false;
    at = end_of_definition(end);
  }
  return true;
}

std::size_t CreateColumns::find(const char* name) const {
  std::size_t i = 0;
  while (i < size() && strcasecmp((*this)[i], name) != 0) i++;
  return i;
}

const char* behind_name(const char* sql) {
  const char* at = skip_space(sql);
  for (int word = 0; word < 2; word++) at = skip_space(skip_token(at));  // CREATE TABLE
  return skip_token(at);
}

int alter_steps(const char* old_sql, const char* new_sql) {
  CreateColumns before;
  CreateColumns after;
  if (!before.read(old_sql) || !after.read(new_sql)) return -2;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < after.size(); i++) kept += before.find(after[i]) < before.size() ? 1U : 0U;
  const bool renamed = before.size() == after.size();
  if (!same_order(before, after, renamed)) return -1;
  const std::size_t added = after.size() - kept;
  const std::size_t dropped = before.size() - kept;
  // Of names that came and went in unequal number some may be renames: which, no text tells.
  if (!renamed && added > 0 && dropped > 0) return -1;
  return static_cast<int>(renamed ? added : added + dropped);
}

bool has_columns_of(const char* new_sql, const char* old_sql) {
  CreateColumns before;
  CreateColumns after;
  if (!before.read(old_sql) || !after.read(new_sql)) return false;
  for (std::size_t i = 0; i < before.size(); i++) {
    if (after.find(before[i]) == after.size()) return false;
  }
  return true;
}

bool only_grew(const char* old_sql, const char* new_sql) {
  const std::size_t n = std::strlen(old_sql);
  const std::size_t m = std::strlen(new_sql);
  if (m <= n) return false;
  std::size_t head = 0;
  while (head < n && old_sql[head] == new_sql[head]) head++;
  return std::strcmp(old_sql + head, new_sql + (m - (n - head))) == 0;
}

}  // namespace murmel::extension
