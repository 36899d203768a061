#include "agent/service/session_statement.h"

#include <algorithm>
#include <array>
#include <utility>

namespace murmel::service {
namespace {

using namespace session_statement;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

// Words and signs of a statement's beginning, in lower case where they are not quoted.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  // The next word, sign or quoted text; empty: the statement has ended. Its semicolon is skipped then.
  std::string next();
  std::string_view rest() const { return rest_; }

 private:
  void skip_blanks();
  bool skip_to(std::string_view end);
  std::string quoted();

  std::string_view rest_;
};

bool Words::skip_to(std::string_view end) {
  const std::size_t at = rest_.find(end);
  rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + end.size());
  return true;
}

void Words::skip_blanks() {
  const auto comment = [this] {
    if (rest_.starts_with("/*") && !rest_.starts_with("/*!")) return skip_to("*/");
    if (rest_.starts_with("#") || (rest_.starts_with("--") && (rest_.size() == 2 || is_blank(rest_[2])))) {
      return skip_to("\n");
    }
    return false;
  };
  while (!rest_.empty()) {
    if (is_blank(rest_[0])) {
      rest_.remove_prefix(1);
    } else if (!comment()) {
      return;
    }
  }
}

std::string Words::quoted() {
  const char quote = rest_[0];
  std::string text;
  rest_.remove_prefix(1);
  while (!rest_.empty()) {
    const char c = rest_[0];
    rest_.remove_prefix(1);
    if (c == quote) {
      if (rest_.empty() || rest_[0] != quote) break;
      rest_.remove_prefix(1);
    }
    text.push_back(c);
  }
  return text;
}

std::string Words::next() {
  skip_blanks();
  if (rest_.empty()) return {};
  if (rest_[0] == ';') {
    rest_.remove_prefix(1);
    return {};
  }
  if (rest_[0] == '`' || rest_[0] == '\'' || rest_[0] == '"') return quoted();
  std::size_t size = 0;
  while (size < rest_.size() && is_word(rest_[size])) ++size;
  std::string word(rest_.substr(0, std::max<std::size_t>(size, 1)));
  rest_.remove_prefix(word.size());
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return word;
}

constexpr std::array<std::string_view, 7> kPlain = {"select",  "insert", "update", "delete",
                                                    "replace", "with",   "values"};
constexpr std::array<std::string_view, 3> kDdl = {"create", "alter", "drop"};

// MySQL's statements that are not there yet.
constexpr std::array<std::string_view, 32> kUnsupported = {
    "analyze",    "binlog", "cache",     "call",     "change",  "check",    "checksum", "clone",
    "deallocate", "desc",   "describe",  "do",       "execute", "handler",  "help",     "import",
    "install",    "load",   "lock",      "optimize", "prepare", "purge",    "release",  "rename",
    "repair",     "reset",  "savepoint", "signal",   "table",   "truncate", "unlock",   "xa"};

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

using Outcome = mysql::Answer<SessionStatement>;

// Nothing more stands in the statement.
Outcome last(Words& words, SessionStatement statement, std::string_view whole) {
  if (words.next().empty()) return statement;
  return mysql::not_supported(whole.substr(0, whole.find(';')));
}

// Nothing but an idle WORK.
Outcome last_but_work(Words& words, SessionStatement statement, std::string_view whole) {
  const std::string word = words.next();
  if (word.empty()) return statement;
  return word == "work" ? last(words, std::move(statement), whole)
                        : Outcome(mysql::not_supported(whole.substr(0, whole.find(';'))));
}

Outcome recognise_set(Words& words, std::string_view whole) {
  std::string word = words.next();
  if (word == "names") {
    const std::string charset = words.next();
    if (charset != "utf8mb4" && charset != "utf8" && charset != "utf8mb3" && charset != "default") {
      return mysql::ClientError{1115, "42000", "Unknown character set: '" + charset + "'"};
    }
    word = words.next();
    if (word == "collate") words.next();
    return word.empty() ? Outcome(SessionStatement(Names{})) : last(words, Names{}, whole);
  }
  if (word == "session") word = words.next();
  while (word == "@") word = words.next();
  if (word != "autocommit" || words.next() != "=") {
    return mysql::not_supported(whole.substr(0, whole.find(';')));
  }
  const std::string value = words.next();
  const bool on = value == "1" || value == "on" || value == "true";
  if (!on && value != "0" && value != "off" && value != "false") {
    return mysql::ClientError{1231, "42000",
                              "Variable 'autocommit' can't be set to the value of '" + value + "'"};
  }
  return last(words, Autocommit{on}, whole);
}

bool concerns_accounts(Words words) {
  const std::string first = words.next();
  const std::string second = words.next();
  if (first == "create" || first == "alter" || first == "drop" || first == "rename") return second == "user";
  if (first == "set") return second == "password";
  if (first == "show") {
    return second == "grants" || second == "processlist" || (second == "create" && words.next() == "user") ||
           (second == "full" && words.next() == "processlist");
  }
  return first == "grant" || first == "revoke" || first == "kill" || first == "flush";
}

Outcome recognise_words(Words& words, std::string_view whole) {
  if (concerns_accounts(words)) return SessionStatement(Accounts{});
  const std::string first = words.next();
  if (first.empty()) return SessionStatement(None{});
  if (is_one_of(kPlain, first) || first == "(" || first == "explain") return SessionStatement(Plain{});
  if (is_one_of(kDdl, first)) return SessionStatement(Ddl{});
  if (first == "set") return recognise_set(words, whole);
  if (first == "begin") return last_but_work(words, Begin{}, whole);
  if (first == "start") {
    return words.next() == "transaction" ? last(words, Begin{}, whole) : Outcome(mysql::syntax_error(whole));
  }
  if (first == "commit") return last_but_work(words, Commit{}, whole);
  if (first == "rollback") return last_but_work(words, Rollback{}, whole);
  if (first == "use") return last(words, Use{words.next()}, whole);
  if (first == "show") {
    const std::string what = words.next();
    if (what == "databases" || what == "schemas") return last(words, ShowDatabases{}, whole);
    if (what == "tables") return last(words, ShowTables{}, whole);
  }
  if (first != "show" && !is_one_of(kUnsupported, first)) return mysql::syntax_error(whole);
  return mysql::not_supported(whole.substr(0, whole.find(';')));
}

}  // namespace

Outcome recognise(std::string_view sql, std::string_view* rest) {
  Words words(sql);
  auto statement = recognise_words(words, sql);
  if (!statement.ok()) return statement;
  const bool whole = std::holds_alternative<Plain>(*statement) || std::holds_alternative<Ddl>(*statement) ||
                     std::holds_alternative<Accounts>(*statement);
  *rest = whole ? sql : words.rest();
  return statement;
}

}  // namespace murmel::service
