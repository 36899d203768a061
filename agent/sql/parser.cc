#include "agent/sql/parser.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

#include "agent/sql/grammar_tokens.h"

// Lemon's.
void* SqlGrammarAlloc(void* (*allocate)(std::size_t));
void SqlGrammarFree(void* parser, void (*release)(void*));
void SqlGrammar(void* parser, int kind, const murmel::sql::Token* token, murmel::sql::Parser* p);

namespace murmel::sql {
namespace {

constexpr std::size_t kNearBytesMax = 80;
// Passes recurse, and SQLite refuses expressions deeper than 1000.
constexpr std::uint32_t kDepthMax = 900;

// Where the body of a trigger is open, a semicolon does not end the statement. Every END closes a BEGIN, a
// CASE or an IF; IF begins a statement only where one can begin, and within CASE it is a function.
class OpenBlocks {
 public:
  void see(int kind) {
    if (previous_ == 0) is_create_ = kind == TK_CREATE;
    is_trigger_ = is_trigger_ || (is_create_ && kind == TK_TRIGGER);
    if (is_trigger_) follow(kind);
    previous_ = kind;
  }
  bool any() const { return !open_.empty(); }

 private:
  void follow(int kind) {
    const bool begins = previous_ == TK_OP_SEMI || previous_ == TK_BEGIN || previous_ == TK_THEN ||
                        previous_ == TK_ELSE || previous_ == TK_ROW;
    const bool in_case = any() && open_.back() == TK_CASE;
    if (kind == TK_BEGIN && begins) open_.push_back(kind);
    if (kind == TK_CASE && previous_ != TK_END) open_.push_back(kind);
    if (kind == TK_IF && begins && !in_case) open_.push_back(kind);
    if (kind == TK_END && any()) open_.pop_back();
  }

  bool is_create_ = false;
  bool is_trigger_ = false;
  int previous_ = 0;
  std::vector<int> open_;
};

class LemonParser {
 public:
  LemonParser() : parser_(SqlGrammarAlloc(std::malloc)) {}
  LemonParser(const LemonParser&) = delete;
  LemonParser& operator=(const LemonParser&) = delete;
  ~LemonParser() { SqlGrammarFree(parser_, std::free); }
  void* get() { return parser_; }

 private:
  void* parser_;
};

}  // namespace

SqlError unsupported_error(std::string_view what) {
  return {1235, "42000", "This version of MySQL doesn't yet support '" + std::string(what) + "'"};
}

Parser::Parser(std::string_view text, const SqlMode& mode, Arena& arena)
    : text_(text),
      arena_(arena),
      lexer_(text, mode, arena),
      no_backslash_escapes_(mode.no_backslash_escapes) {}

void Parser::fail_with(SqlError error) {
  if (!parsed_.error) parsed_.error = std::move(error);
}

void Parser::fail(std::uint16_t number, const char* sqlstate, std::string message) {
  fail_with({number, sqlstate, std::move(message)});
}

Node* Parser::n(Kind kind, std::initializer_list<Node*> kids, std::string_view text) {
  Node* const node = new_node(arena_, kind, kids, text);
  if (node->depth > kDepthMax) too_complex();
  return node;
}

void Parser::syntax_error(const Token& token) {
  const auto line = 1 + std::count(text_.begin(), text_.begin() + token.begin, '\n');
  fail(1064, "42000",
       "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version "
       "for "
       "the right syntax to use near '" +
           std::string(text_.substr(token.begin, kNearBytesMax)) + "' at line " + std::to_string(line));
}

void Parser::too_complex() {
  fail(1436, "HY000", "Thread stack overrun: the statement nests too deeply");
}

std::optional<Parsed> Parser::next() {
  if (stopped_) return std::nullopt;
  Token first = lexer_.next();
  while (first.kind == TK_OP_SEMI) first = lexer_.next();
  if (first.kind == 0) {
    stopped_ = true;
    return std::nullopt;
  }
  parsed_ = Parsed{};
  parse_one(first);
  if (parsed_.error) stopped_ = true;
  parsed_.text = text_.substr(first.begin, previous_end_ - first.begin);
  return std::move(parsed_);
}

bool Parser::at_end() {
  Token token = lexer_.next();
  while (token.kind == TK_OP_SEMI) token = lexer_.next();
  return token.kind == 0;
}

void Parser::parse_one(const Token& first) {
  LemonParser lemon;
  Token token = first;
  previous_end_ = first.begin;
  OpenBlocks blocks;
  while (!parsed_.error) {
    const bool end = token.kind == 0 || (token.kind == TK_OP_SEMI && !blocks.any());
    blocks.see(token.kind);
    current_begin_ = token.begin;
    if (token.kind == TK_OP_INVALID) return syntax_error(token);
    const Token* const kept = new (arena_.allocate(sizeof(Token))) Token(token);
    SqlGrammar(lemon.get(), end ? 0 : token.kind, kept, this);
    if (end) break;
    previous_end_ = token.end;
    token = lexer_.next();
  }
}

Node* Parser::parse_fragment(int start_token) {
  parsed_ = Parsed{};
  Token start;
  start.kind = start_token;
  LemonParser lemon;
  SqlGrammar(lemon.get(), start_token, &start, this);
  for (Token token = lexer_.next(); !parsed_.error; token = lexer_.next()) {
    if (token.kind == TK_OP_INVALID) return nullptr;
    current_begin_ = token.begin;
    SqlGrammar(lemon.get(), token.kind, new (arena_.allocate(sizeof(Token))) Token(token), this);
    if (token.kind == 0) break;
    previous_end_ = token.end;
  }
  return parsed_.error ? nullptr : parsed_.tree;
}

}  // namespace murmel::sql
