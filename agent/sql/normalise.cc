#include "agent/sql/normalise.h"

#include <algorithm>
#include <charconv>

#include "agent/sql/grammar_tokens.h"
#include "agent/sql/lexer.h"

namespace murmel::sql {
namespace {

constexpr std::size_t kFewFrames = 8;
constexpr std::size_t kFewValues = 16;

bool is_comparison(int kind) {
  switch (kind) {
    case TK_OP_EQ:
    case TK_OP_NULL_EQ:
    case TK_OP_NE:
    case TK_OP_LT:
    case TK_OP_LE:
    case TK_OP_GT:
    case TK_OP_GE: return true;
    default: return false;
  }
}

// Behind these words, within the same parentheses, values are compared or assigned.
bool opens_values(int kind) {
  return kind == TK_WHERE || kind == TK_SET;
}

bool closes_values(int kind) {
  switch (kind) {
    case TK_SELECT:
    case TK_GROUP:
    case TK_ORDER:
    case TK_LIMIT:
    case TK_HAVING:
    case TK_WINDOW:
    case TK_UNION:
    case TK_INTERSECT:
    case TK_EXCEPT:
    case TK_FROM:
    case TK_CASE:
    case TK_INTERVAL: return true;
    default: return false;
  }
}

// What may follow a value, so that it is an operand by itself.
bool ends_operand(int kind) {
  switch (kind) {
    case 0:
    case TK_OP_RP:
    case TK_OP_COMMA:
    case TK_OP_SEMI:
    case TK_AND:
    case TK_OR:
    case TK_ORDER:
    case TK_LIMIT:
    case TK_GROUP:
    case TK_WHERE:
    case TK_ON: return true;
    default: return false;
  }
}

// Translation may compare one that is written like this as it is stored.
bool looks_like_date(std::string_view text) {
  return text.size() > 4 && text[4] == '-';
}

// Within one pair of parentheses.
struct Frame {
  bool compares = false;  // behind WHERE or SET
  bool list = false;      // of IN, or a row of VALUES
  bool between = false;   // its AND is still to come
};

class Normaliser {
 public:
  Normaliser(std::string_view text, const SqlMode& mode) : text_(text), lexer_(text, mode, arena_) {}

  std::optional<NormalText> run() {
    Token token = lexer_.next();
    if (!takes_values(token.kind)) return std::nullopt;
    inserts_ = token.kind == TK_INSERT || token.kind == TK_REPLACE;
    frames_.reserve(kFewFrames);
    out_.values.reserve(kFewValues);
    frames_.emplace_back();
    while (token.kind != 0) {
      const Token following = lexer_.next();
      if (token.kind == TK_OP_PARAM || token.kind == TK_OP_INVALID) return std::nullopt;
      if (token.kind == TK_OP_SEMI && following.kind != 0) return std::nullopt;
      if (is_value(token, following)) take(token);
      if (out_.values.size() > kMaxNormalValues) return std::nullopt;
      follow(token);
      if (frames_.empty()) return std::nullopt;
      before_ = token.kind;
      token = following;
    }
    out_.text.append(text_.substr(copied_));
    return std::move(out_);
  }

 private:
  static bool takes_values(int kind) {
    return kind == TK_SELECT || kind == TK_INSERT || kind == TK_REPLACE || kind == TK_UPDATE ||
           kind == TK_DELETE;
  }

  bool is_value(const Token& token, const Token& following) const {
    if (token.kind != TK_LIT_INTEGER && token.kind != TK_LIT_STRING) return false;
    if (!ends_operand(following.kind) || is_national(token)) return false;
    const Frame& frame = frames_.back();
    const bool listed = frame.list && (before_ == TK_OP_LP || before_ == TK_OP_COMMA) &&
                        (following.kind == TK_OP_RP || following.kind == TK_OP_COMMA);
    const bool compared = frame.compares && (is_comparison(before_) || before_ == TK_BETWEEN ||
                                             (before_ == TK_AND && ends_between_));
    if (!listed && !compared) return false;
    return token.kind == TK_LIT_INTEGER || rows_ || !looks_like_date(token.text);
  }

  // N'text': its begin is that of the quotes.
  bool is_national(const Token& token) const {
    return token.begin > 0 && (text_[token.begin - 1] | 0x20) == 'n' && token.kind == TK_LIT_STRING;
  }

  void take(const Token& token) {
    Literal value = std::string(token.text);
    if (token.kind == TK_LIT_INTEGER) {
      std::int64_t number = 0;
      const char* const end = token.text.data() + token.text.size();
      if (std::from_chars(token.text.data(), end, number).ec != std::errc()) return;
      value = number;
    }
    out_.text.append(text_.substr(copied_, token.begin - copied_));
    out_.text += '?';
    copied_ = token.end;
    out_.values.push_back(std::move(value));
  }

  // What this token means for those behind it.
  void follow(const Token& token) {
    ends_between_ = false;
    if (token.kind == TK_OP_LP) {
      Frame inner;
      inner.list = (before_ == TK_IN && frames_.back().compares) ||
                   (rows_ && frames_.size() == 1 &&
                    (before_ == TK_VALUES || before_ == TK_VALUE || before_ == TK_OP_COMMA));
      // Parentheses around a condition, not around the arguments of a function.
      inner.compares = frames_.back().compares &&
                       (before_ == TK_WHERE || before_ == TK_AND || before_ == TK_OR || before_ == TK_OP_LP);
      frames_.push_back(inner);
      return;
    }
    if (token.kind == TK_OP_RP) {
      frames_.pop_back();
      return;
    }
    Frame& frame = frames_.back();
    const bool begins_rows = token.kind == TK_VALUES || token.kind == TK_VALUE;
    if (begins_rows && inserts_ && frames_.size() == 1 && !frame.compares) rows_ = true;
    if (token.kind == TK_ON || token.kind == TK_SELECT) rows_ = false;
    if (opens_values(token.kind)) frame.compares = true;
    if (token.kind == TK_UPDATE && before_ == TK_KEY) frame.compares = true;  // ON DUPLICATE KEY UPDATE
    if (closes_values(token.kind)) frame.compares = false;
    if (token.kind == TK_SELECT) frame.list = false;
    if (token.kind == TK_BETWEEN) frame.between = true;
    if (token.kind == TK_AND) {
      ends_between_ = frame.between;
      frame.between = false;
    }
  }

  Arena arena_;
  std::string_view text_;
  Lexer lexer_;
  std::vector<Frame> frames_;
  NormalText out_;
  std::size_t copied_ = 0;
  int before_ = 0;  // kind of the token before this one
  bool inserts_ = false;
  bool rows_ = false;          // behind VALUES
  bool ends_between_ = false;  // the AND before this token is BETWEEN's
};

}  // namespace

std::optional<NormalText> normalise(std::string_view text, const SqlMode& mode) {
  if (text.size() > kMaxNormalText) return std::nullopt;
  return Normaliser(text, mode).run();
}

}  // namespace murmel::sql
