#include "agent/sql/mysql_text.h"

#include <cctype>

#include "agent/sql/lexer.h"
#include "agent/sql/stored_table.h"

namespace murmel::sql {
namespace {

struct Word {
  Op op;
  const char* text;
};

constexpr Word kOperators[] = {
    {Op::kOr, " or "},        {Op::kXor, " xor "},       {Op::kAnd, " and "},    {Op::kEq, " = "},
    {Op::kNullEq, " <=> "},   {Op::kNe, " <> "},         {Op::kLt, " < "},       {Op::kLe, " <= "},
    {Op::kGt, " > "},         {Op::kGe, " >= "},         {Op::kBitOr, " | "},    {Op::kBitAnd, " & "},
    {Op::kShiftLeft, " << "}, {Op::kShiftRight, " >> "}, {Op::kAdd, " + "},      {Op::kSub, " - "},
    {Op::kMul, " * "},        {Op::kDiv, " / "},         {Op::kIntDiv, " DIV "}, {Op::kMod, " % "},
    {Op::kBitXor, " ^ "},
};

struct Name {
  std::string_view call;
  const char* text;
};

// Of functions that the grammar gives another name, and of synonyms.
constexpr Name kNames[] = {
    {"substring", "substr"},
    {"lcase", "lower"},
    {"ucase", "upper"},
    {"octet_length", "length"},
    {"character_length", "char_length"},
    {"power", "pow"},
    {"ceil", "ceiling"},
};
constexpr Name kCasts[] = {
    {"mysql_signed", "signed"},     {"mysql_unsigned", "unsigned"}, {"mysql_char", "char"},
    {"mysql_binary", "binary"},     {"mysql_date", "date"},         {"mysql_year", "year"},
    {"mysql_datetime", "datetime"}, {"mysql_time", "time"},         {"mysql_decimal", "decimal"},
    {"mysql_double", "double"},     {"mysql_float", "float"},       {"mysql_json", "json"},
};

class MysqlText {
 public:
  std::string text;
  bool known = true;

  void node(const Node* node);

 private:
  void list(const Node* list, std::uint32_t from = 0);
  bool literal(const Node* node);
  void operation(const Node* node);
  void chain(Op op, const Node* node);
  void unary(const Node* node);
  void tested(const Node* node);
  void case_of(const Node* node);
  void cast(const Node* node, std::string_view charset);
  void call(const Node* node);
  bool call_with_syntax(const Node* node);
  void add(std::string_view piece) { text += piece; }
};

std::string lower_unit(const Node* unit) {
  return lower_case(unit->text);
}

void MysqlText::list(const Node* list, std::uint32_t from) {
  for (std::uint32_t i = from; i < list->count; ++i) {
    if (i != from) add(",");
    node(list->kids[i]);
  }
}

bool MysqlText::literal(const Node* node) {
  const Kind kind = node->kind;
  if (kind == Kind::kNull) {
    add("NULL");
  } else if (kind == Kind::kTrue || kind == Kind::kFalse) {
    add(kind == Kind::kTrue ? "true" : "false");
  } else if (kind == Kind::kInteger || kind == Kind::kDecimal || kind == Kind::kDouble) {
    add(node->text);
  } else if (kind == Kind::kString) {
    add("_" + (node->qualifier.empty() ? "utf8mb4" : std::string(node->qualifier)) +
        mysql_string(node->text));
  } else if (kind == Kind::kBlob) {
    constexpr char kDigits[] = "0123456789abcdef";
    add(node->text.empty() ? "x''" : "0x");
    for (const char c : node->text) {
      text += kDigits[static_cast<unsigned char>(c) >> 4];
      text += kDigits[static_cast<unsigned char>(c) & 15];
    }
  } else if (kind == Kind::kTemporal) {
    add(node->op == Op::kDate ? "DATE" : node->op == Op::kTime ? "TIME" : "TIMESTAMP");
    add(mysql_string(node->text));
  } else {
    return false;
  }
  return true;
}

// a and b and c stand in one pair of parentheses.
void MysqlText::chain(Op op, const Node* node) {
  if (node->kind != Kind::kBinary || node->op != op) return this->node(node);
  chain(op, node->kid(0));
  add(op == Op::kAnd ? " and " : " or ");
  this->node(node->kid(1));
}

void MysqlText::operation(const Node* node) {
  add("(");
  if (node->op == Op::kAnd || node->op == Op::kOr) {
    chain(node->op, node);
  } else {
    this->node(node->kid(0));
    for (const Word& word : kOperators) {
      if (word.op == node->op) add(word.text);
    }
    this->node(node->kid(1));
  }
  add(")");
}

void MysqlText::unary(const Node* node) {
  add(node->op == Op::kNot ? "(not(" : node->op == Op::kNeg ? "-(" : "~(");
  this->node(node->kid(0));
  add(node->op == Op::kNot ? "))" : ")");
}

// IS, LIKE, REGEXP, BETWEEN, IN.
void MysqlText::tested(const Node* node) {
  const bool outside = node->kind == Kind::kLike || node->kind == Kind::kRegexp;
  const bool negated = node->has(kNegated);
  if (negated && outside) add("(not(");
  add(node->kind == Kind::kRegexp ? "regexp_like(" : "(");
  this->node(node->kid(0));
  const std::string not_word = negated && !outside ? " not" : "";
  if (node->kind == Kind::kIs) {
    add(" is" + not_word + " " + lower_case(node->text));
  } else if (node->kind == Kind::kLike) {
    add(" like ");
    this->node(node->kid(1));
    if (node->kid(2) != nullptr) {
      add(" escape ");
      this->node(node->kid(2));
    }
  } else if (node->kind == Kind::kRegexp) {
    add(",");
    this->node(node->kid(1));
  } else if (node->kind == Kind::kBetween) {
    add(not_word + " between ");
    this->node(node->kid(1));
    add(" and ");
    this->node(node->kid(2));
  } else {
    add(not_word + " in (");
    if (node->kid(1)->kind == Kind::kList) {
      list(node->kid(1));
    } else {
      known = false;
    }
    add(")");
  }
  add(")");
  if (negated && outside) add("))");
}

void MysqlText::case_of(const Node* node) {
  add("(case");
  if (node->kid(0) != nullptr) {
    add(" ");
    this->node(node->kid(0));
  }
  for (std::uint32_t i = 2; i + 1 < node->count; i += 2) {
    add(" when ");
    this->node(node->kids[i]);
    add(" then ");
    this->node(node->kids[i + 1]);
  }
  if (node->kid(1) != nullptr) {
    add(" else ");
    this->node(node->kid(1));
  }
  add(" end)");
}

void MysqlText::cast(const Node* node, std::string_view charset) {
  add("cast(");
  this->node(node->kid(0));
  add(" as ");
  for (const Name& name : kCasts) {
    if (name.call == node->text) add(name.text);
  }
  if (node->count > 1) {
    add("(");
    list(node, 1);
    add(")");
  }
  if (node->text == "mysql_char") add(" charset " + std::string(charset));
  add(")");
}

bool MysqlText::call_with_syntax(const Node* node) {
  const std::string_view name = node->text;
  if (name == "mysql_date_add" || name == "mysql_date_sub") {
    add("(");
    this->node(node->kid(0));
    add(name == "mysql_date_add" ? " + interval " : " - interval ");
    this->node(node->kid(1));
    add(" " + lower_unit(node->kid(2)) + ")");
  } else if (name == "mysql_extract") {
    add("extract(" + lower_unit(node->kid(0)) + " from ");
    this->node(node->kid(1));
    add(")");
  } else if (name == "timestampadd" || name == "timestampdiff") {
    add(std::string(name) + "(" + std::string(node->kid(0)->text) + ",");
    list(node, 1);
    add(")");
  } else if (name == "mysql_trim") {
    const std::string_view side = node->kid(2)->text;
    const bool what = node->kid(0)->kind != Kind::kNull;
    add("trim(");
    if (side != "both") add(std::string(side) + " ");
    if (what) this->node(node->kid(0));
    if (what || side != "both") add(what ? " from " : "from ");
    this->node(node->kid(1));
    add(")");
  } else if (name == "mysql_binary") {
    add("cast(");
    this->node(node->kid(0));
    add(" as binary)");
  } else if (name == "member_of") {
    add("(");
    this->node(node->kid(0));
    add(" member of (");
    this->node(node->kid(1));
    add("))");
  } else if (name == "mod" && node->count == 2) {
    add("(");
    this->node(node->kid(0));
    add(" % ");
    this->node(node->kid(1));
    add(")");
  } else {
    return false;
  }
  return true;
}

void MysqlText::call(const Node* node) {
  if (call_with_syntax(node)) return;
  if (node->has(kStarArgument) || node->has(kDistinct)) known = false;
  std::string name = lower_case(node->text);
  for (const Name& other : kNames) {
    if (other.call == name) name = other.text;
  }
  add(name + "(");
  list(node);
  add(")");
}

void MysqlText::node(const Node* node) {
  if (literal(node)) return;
  const Kind kind = node->kind;
  if (kind == Kind::kColumn) return add(mysql_name(node->text));
  if (kind == Kind::kUnary) return unary(node);
  if (kind == Kind::kBinary) return operation(node);
  if (kind == Kind::kIs || kind == Kind::kLike || kind == Kind::kRegexp || kind == Kind::kBetween ||
      kind == Kind::kIn) {
    return tested(node);
  }
  if (kind == Kind::kCase) return case_of(node);
  if (kind == Kind::kCast) return cast(node, "utf8mb4");
  if (kind == Kind::kConvertUsing && node->kid(0)->kind == Kind::kCast &&
      node->kid(0)->text == "mysql_char") {
    return cast(node->kid(0), node->text);
  }
  if (kind == Kind::kCall) return call(node);
  if (kind == Kind::kConvertUsing) {
    add("convert(");
    this->node(node->kid(0));
    return add(" using " + std::string(node->text) + ")");
  }
  if (kind == Kind::kCollate) {
    add("(");
    this->node(node->kid(0));
    return add(" collate " + std::string(node->text) + ")");
  }
  known = false;
}

}  // namespace

std::optional<std::string> mysql_expression(const Node* expression) {
  MysqlText printed;
  printed.node(expression);
  if (!printed.known) return std::nullopt;
  return std::move(printed.text);
}

std::string mysql_name(std::string_view name) {
  std::string text = "`";
  for (const char c : name) {
    if (c == '`') text += '`';
    text += c;
  }
  return text + "`";
}

}  // namespace murmel::sql
