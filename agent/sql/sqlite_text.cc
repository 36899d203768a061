#include "agent/sql/sqlite_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "agent/sql/lexer.h"

namespace murmel::sql {
namespace {

constexpr std::array kSession = {"SET",        "SHOW",      "USE",     "BEGIN", "START", "COMMIT",  "END",
                                 "ROLLBACK",   "SAVEPOINT", "RELEASE", "KILL",  "LOAD",  "PREPARE", "EXECUTE",
                                 "DEALLOCATE", "GRANT",     "REVOKE",  "FLUSH", "LOCK",  "UNLOCK"};
constexpr std::array kWrites = {"INSERT", "REPLACE", "UPDATE", "DELETE"};
constexpr std::array kDefinitions = {"CREATE", "DROP", "ALTER", "REINDEX", "ANALYZE"};
constexpr std::array kRefused = {"ATTACH", "DETACH", "VACUUM"};

template <std::size_t kSize>
bool is_one_of(const std::array<const char*, kSize>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80);
}

// SQLite's tokens, as far as they hide semicolons, question marks and words.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  std::size_t position() const { return at_; }
  // The next token that is no blank and no comment; a word in upper case, quoted things as their first quote.
  std::string next() {
    skip_blanks();
    if (at_end()) return {};
    const char c = text_[at_];
    if (c == '\'' || c == '"' || c == '`' || c == '[') {
      skip_quoted(c == '[' ? ']' : c);
      return std::string(1, c);
    }
    const std::size_t begin = at_++;
    if (!is_word(c)) return std::string(1, c);
    while (!at_end() && is_word(text_[at_])) ++at_;
    return upper_case(text_.substr(begin, at_ - begin));
  }

 private:
  void skip_blanks() {
    for (;;) {
      while (!at_end() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
      const std::string_view rest = text_.substr(std::min(at_, text_.size()));
      if (rest.starts_with("--")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (rest.starts_with("/*")) {
        const std::size_t end = text_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        return;
      }
    }
  }

  void skip_quoted(char close) {
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] != close) continue;
      ++at_;
      if (close == ']' || at_end() || text_[at_] != close) return;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void note_word(const std::string& word, bool first, Statement& statement) {
  if (first && is_one_of(kRefused, word)) {
    statement.has_error = true;
    statement.error = {1235, "42000", "This version of Murmel doesn't yet support '" + word + "'"};
  }
  if (first && is_one_of(kDefinitions, word)) statement.kind = StatementKind::kDdl;
  if (is_one_of(kWrites, word) && statement.kind != StatementKind::kDdl) {
    // WITH ... INSERT; but not the function replace().
    if (first || word != "REPLACE") statement.kind = StatementKind::kWrite;
  }
}

}  // namespace

bool is_session_text(std::string_view text) {
  return is_one_of(kSession, Scanner(text).next());
}

// The body of CREATE TRIGGER has semicolons, up to its END.
std::optional<Statement> next_sqlite_text(std::string_view& rest) {
  Scanner scanner(rest);
  Statement statement;
  statement.kind = StatementKind::kExplain;
  statement.untranslated = true;
  Step step;
  std::string first;
  bool body = false;
  bool explains = false;
  int cases = 0;
  for (std::string word = scanner.next(); !word.empty(); word = scanner.next()) {
    if (word == ";" && first.empty()) continue;
    if (word == ";" && !body) break;
    if (first.empty()) {
      explains = word == "EXPLAIN";
      note_word(word, true, statement);
      first = word;
      continue;
    }
    if (word == "?") step.parameters.push_back(statement.parameters++);
    if (first == "WITH" && !explains) note_word(word, false, statement);
    if (first == "CREATE" && word == "BEGIN") body = true;
    if (body && word == "CASE") ++cases;
    if (body && word == "END" && cases-- == 0) body = false;
  }
  if (first.empty()) {
    rest = {};
    return std::nullopt;
  }
  statement.text = rest.substr(0, scanner.position());
  step.sql = statement.text;
  statement.steps.push_back(std::move(step));
  rest.remove_prefix(scanner.position());
  return statement;
}

}  // namespace murmel::sql
