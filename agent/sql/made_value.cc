// What MySQL knows of operators, literals and branches; functions are in made_call.cc.
#include <algorithm>
#include <utility>

#include "agent/sql/made_column.h"

namespace murmel::sql {
namespace {

constexpr std::uint32_t kLiteralShort = 9;  // digits of a literal that is an INT

bool is_real(const Made& made) {
  return made.kind == TypeKind::kDouble || made.kind == TypeKind::kFloat;
}

// Values that are numbers, or are taken for one.
bool is_numeric(const Made& made) {
  const bool text = made.kind == TypeKind::kVarChar || made.kind == TypeKind::kChar;
  return is_exact(made) || is_real(made) || text;
}

Made real(bool nullable) {
  Made made;
  made.kind = TypeKind::kDouble;
  made.nullable = nullable;
  return made;
}

// The collation of a text made of two.
bool merge_collation(const Made& other, Made& made) {
  if (other.coercion < made.coercion || !is_text(other.kind)) return true;
  if (other.coercion == made.coercion && is_text(made.kind)) return other.collation == made.collation;
  made.coercion = other.coercion;
  made.charset = other.charset;
  made.collation = other.collation;
  return true;
}

std::optional<Made> merged_integers(const Made& a, const Made& b) {
  Made made = a;
  const TypeKind first = a.by_length ? TypeKind::kBigInt : a.kind;
  const TypeKind second = b.by_length ? TypeKind::kBigInt : b.kind;
  if (first == TypeKind::kYear || second == TypeKind::kYear) return std::nullopt;
  made.kind = std::max(first, second);
  made.by_length = false;
  made.length = std::max(a.length, b.length);
  made.digits = std::max(a.digits, b.digits);
  if (a.is_unsigned == b.is_unsigned) return made;
  if ((a.is_unsigned ? first : second) == made.kind) return std::nullopt;
  made.is_unsigned = false;
  return made;
}

std::uint32_t number_of(std::string_view digits) {
  std::uint32_t number = 0;
  for (const char digit : digits.substr(0, 9)) number = number * 10 + static_cast<std::uint32_t>(digit - '0');
  return number;
}

std::uint32_t characters(std::string_view text) {
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  return static_cast<std::uint32_t>(std::count_if(text.begin(), text.end(), begins));
}

}  // namespace

std::optional<Made> merged(const Made& a, const Made& b) {
  const bool nullable = a.nullable || b.nullable;
  const auto with = [&](Made made) {
    made.nullable = nullable;
    made.column = nullptr;
    return made;
  };
  if (a.kind == TypeKind::kTinyText || b.kind == TypeKind::kTinyText) return std::nullopt;
  if (a.kind == TypeKind::kNull || b.kind == TypeKind::kNull) {
    const Made& value = a.kind == TypeKind::kNull ? b : a;
    const bool other = value.kind == TypeKind::kTimestamp || value.kind == TypeKind::kBit ||
                       value.kind == TypeKind::kFloat || value.kind == TypeKind::kYear ||
                       is_binary(value.kind);
    return other ? std::nullopt : std::optional(with(value));
  }
  if (is_integer(a.kind) && is_integer(b.kind)) {
    auto made = merged_integers(a, b);
    if (!made) return made;
    return with(std::move(*made));
  }
  if (is_exact(a) && is_exact(b)) {
    const std::uint32_t scale = std::max(a.decimals, b.decimals);
    const std::uint32_t whole = std::max(a.digits - a.decimals, b.digits - b.decimals);
    return with(made_decimal(whole + scale, scale, a.is_unsigned && b.is_unsigned, nullable));
  }
  const bool numbers =
      (is_exact(a) || a.kind == TypeKind::kDouble) && (is_exact(b) || b.kind == TypeKind::kDouble);
  if (numbers) return real(nullable);
  if (is_temporal(a.kind) && a.kind == b.kind && a.kind != TypeKind::kTimestamp) {
    Made made = with(a.decimals < b.decimals ? b : a);
    return made;
  }
  if (a.kind == TypeKind::kJson && b.kind == TypeKind::kJson) return with(a);
  const auto is_plain = [](const Made& made) {
    return is_text(made.kind) || is_exact(made) || made.kind == TypeKind::kDate ||
           made.kind == TypeKind::kTime || made.kind == TypeKind::kDateTime;
  };
  if (!is_plain(a) || !is_plain(b) || a.kind == TypeKind::kJson || b.kind == TypeKind::kJson)
    return std::nullopt;
  if (!is_text(a.kind) && !is_text(b.kind)) return std::nullopt;
  Made made = a;
  if (!merge_collation(b, made)) return std::nullopt;
  made.length = std::max(a.length, b.length);
  if (made.length == UINT32_MAX) return std::nullopt;
  made.kind = TypeKind::kVarChar;
  made.is_unsigned = made.by_length = false;
  made.decimals = 0;
  return with(std::move(made));
}

Made MadeColumns::text(std::uint32_t length, bool nullable) const {
  Made made;
  made.kind = TypeKind::kVarChar;
  made.length = length;
  made.nullable = nullable;
  made.charset = context_.settings.charset;
  made.collation = context_.settings.collation;
  return made;
}

MadeColumns::Found MadeColumns::literal(const Node* node) const {
  Made made;
  const Kind kind = node->kind;
  if (kind == Kind::kNull) {
    made.nullable = true;
    return made;
  }
  if (kind == Kind::kTrue || kind == Kind::kFalse) return made_integer(1, false);
  if (kind == Kind::kInteger && node->text.size() <= 18) {
    made = made_integer(static_cast<std::uint32_t>(node->text.size()), false);
    made.digits = made.length;
    made.short_length = kLiteralShort;
    return made;
  }
  const std::size_t point = node->text.find('.');
  if (kind == Kind::kDecimal && point != std::string_view::npos && node->text.size() <= 30) {
    const auto digits = static_cast<std::uint32_t>(node->text.size() - 1);
    return made_decimal(digits, digits - static_cast<std::uint32_t>(point), false, false);
  }
  if (kind == Kind::kDouble) return real(false);
  if (kind == Kind::kString && node->qualifier.empty()) return text(characters(node->text), false);
  if (kind == Kind::kBlob) {
    made.kind = TypeKind::kVarBinary;
    made.length = static_cast<std::uint32_t>(node->text.size());
    return made;
  }
  if (kind != Kind::kTemporal || point != std::string_view::npos) return std::nullopt;
  made.kind = node->op == Op::kDate   ? TypeKind::kDate
              : node->op == Op::kTime ? TypeKind::kTime
                                      : TypeKind::kDateTime;
  made.length = made.kind == TypeKind::kDateTime ? 19 : 10;
  return made;
}

MadeColumns::Found MadeColumns::column_named(const Node* node) const {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    for (const MadeSource& source : **scope) {
      if (!same_name(source.alias, node->qualifier)) continue;
      for (const MadeColumn& column : source.columns) {
        if (same_name(column.name, node->text)) return column.made;
      }
    }
  }
  return std::nullopt;
}

// Of all that is below, each of which has to be known. False: something is not.
bool MadeColumns::known(const Node* node, bool& nullable) {
  for (std::uint32_t i = 0; i < node->count; ++i) {
    if (node->kids[i] == nullptr) continue;
    if (node->kids[i]->kind == Kind::kList || node->kids[i]->kind == Kind::kRow) {
      if (!known(node->kids[i], nullable)) return false;
      continue;
    }
    const Found made = of(node->kids[i]);
    if (!made) return false;
    nullable = nullable || made->nullable;
  }
  return true;
}

// 1, 0 or NULL.
MadeColumns::Found MadeColumns::condition(const Node* node) {
  bool nullable = false;
  if (node->kind == Kind::kExists) return made_integer(1, false);
  if (node->kind == Kind::kIn && node->kid(1)->kind == Kind::kQuery) return std::nullopt;
  if (!known(node, nullable)) return std::nullopt;
  const bool never = node->kind == Kind::kIs || node->op == Op::kNullEq;
  return made_integer(1, nullable && !never);
}

MadeColumns::Found MadeColumns::unary(const Node* node) {
  if (node->op == Op::kNot) return condition(node);
  const Found of = this->of(node->kid(0));
  if (!of || node->op == Op::kPlus) return of;
  if (node->op == Op::kBitNot && is_integer(of->kind)) {
    Made made = made_integer(kInteger64, of->nullable);
    made.is_unsigned = true;
    return made;
  }
  if (node->op != Op::kNeg || !is_numeric(*of)) return std::nullopt;
  if (is_integer(of->kind)) return made_integer(of->length + 1, of->nullable);
  if (of->kind == TypeKind::kDecimal)
    return made_decimal(of->digits + (of->is_unsigned ? 0 : 1), of->decimals, false, of->nullable);
  return real(of->nullable);
}

MadeColumns::Found MadeColumns::arithmetic(const Node* node) {
  const Found a = of(node->kid(0)), b = a ? of(node->kid(1)) : std::nullopt;
  if (!b || !is_numeric(*a) || !is_numeric(*b)) return std::nullopt;
  const Op op = node->kind == Kind::kCall ? Op::kMod : node->op;
  const bool nullable = a->nullable || b->nullable, divides = op == Op::kDiv || op == Op::kMod;
  const bool integers = is_integer(a->kind) && is_integer(b->kind);
  const bool any = a->is_unsigned || b->is_unsigned, both = a->is_unsigned && b->is_unsigned;
  const auto integer = [&](std::uint32_t length, bool can_be_null) {
    Made made = made_integer(length, can_be_null);
    made.is_unsigned = any;
    if (any) made.digits = length;
    return made;
  };
  if (op == Op::kBitAnd || op == Op::kBitOr || op == Op::kBitXor || op == Op::kShiftLeft ||
      op == Op::kShiftRight) {
    if (!integers) return std::nullopt;
    Made made = integer(kInteger64, nullable);
    made.is_unsigned = true;
    return made;
  }
  if (op == Op::kIntDiv) {
    if (!is_exact(*a) || !is_exact(*b)) return std::nullopt;
    return integer(std::min(a->length - a->decimals, kInteger64), true);
  }
  if (!is_exact(*a) || !is_exact(*b)) return real(nullable || divides);
  const std::uint32_t scale = std::max(a->decimals, b->decimals);
  if (op == Op::kAdd || op == Op::kSub) {
    const std::uint32_t digits = std::max(a->digits - a->decimals, b->digits - b->decimals) + 1 + scale;
    return integers ? integer(digits + (any ? 0 : 1), nullable) : made_decimal(digits, scale, both, nullable);
  }
  if (op == Op::kMul) {
    const std::uint32_t digits = a->digits + b->digits;
    return integers ? integer(digits + (any ? 0 : 1), nullable)
                    : made_decimal(digits, a->decimals + b->decimals, both, nullable);
  }
  const auto increment = static_cast<std::uint32_t>(context_.settings.div_precision_increment);
  if (op == Op::kDiv)
    return made_decimal(a->digits + b->decimals + increment, a->decimals + increment, integers ? any : both,
                        true);
  if (op != Op::kMod || a->is_unsigned != b->is_unsigned) return std::nullopt;
  const std::uint32_t length = std::max(a->length, b->length);
  if (integers) return integer(length, true);
  return made_decimal(length - 1 - (a->is_unsigned ? 0 : 1), scale, a->is_unsigned, true);
}

// IF, CASE, COALESCE and IFNULL, all of whose values have one type.
MadeColumns::Found MadeColumns::branches(const Node* node) {
  const bool is_case = node->kind == Kind::kCase;
  const bool is_if = !is_case && node->text == "if";
  std::vector<const Node*> values;
  if (is_case && node->kid(1) != nullptr) values.push_back(node->kid(1));
  for (std::uint32_t i = is_case ? 3 : is_if ? 1 : 0; i < node->count; i += is_case ? 2 : 1)
    values.push_back(node->kids[i]);
  Found made;
  bool nullable = is_case && node->kid(1) == nullptr;
  bool all_null = true;
  for (const Node* const value : values) {
    const Found one = of(value);
    if (!one) return one;
    nullable = nullable || one->nullable;
    all_null = all_null && one->nullable;
    // Of one value, too, what is computed is no column.
    made = merged(made.value_or(Made{}), *one);
    if (!made) return made;
  }
  const bool first = !is_case && !is_if;
  made->nullable = first ? all_null : nullable;
  if (!is_integer(made->kind) || (first && node->text == "ifnull")) return made;
  const bool mixed = std::any_of(values.begin(), values.end(), [&](const Node* value) {
    const Found one = of(value);
    return one->kind != TypeKind::kNull && one->is_unsigned != made->is_unsigned;
  });
  if (mixed) return std::nullopt;
  made->by_length = true;
  made->short_length = 11;
  return made;
}

// Of what has no type here, only whether it can be NULL: enough for CAST.
MadeColumns::Found MadeColumns::unmeasured(const Node* node) {
  Made made;
  made.kind = TypeKind::kUnknown;
  made.nullable = true;
  if (node->kind == Kind::kUserVariable || node->kind == Kind::kGroupConcat) return made;
  const bool whole =
      node->kind == Kind::kCall && (node->text == "floor" || node->text == "ceil" || node->text == "ceiling");
  made.nullable = false;
  return whole && known(node, made.nullable) ? Found(made) : std::nullopt;
}

MadeColumns::Found MadeColumns::cast(const Node* node) {
  Found of = this->of(node->kid(0));
  if (!of) of = unmeasured(node->kid(0));
  if (!of || of->kind == TypeKind::kNull) return std::nullopt;
  const std::string_view to = node->text;
  const auto given = [&](std::uint32_t i, std::uint32_t otherwise) {
    return node->kid(i) != nullptr ? number_of(node->kid(i)->text) : otherwise;
  };
  Made made;
  made.nullable = of->nullable;
  if (to == "mysql_signed" || to == "mysql_unsigned") {
    if (!is_exact(*of) && !is_text(of->kind)) return std::nullopt;
    made = made_integer(std::min(of->length, kInteger64), of->nullable);
    made.is_unsigned = to == "mysql_unsigned";
    if (made.is_unsigned) made.digits = made.length;
    return made;
  }
  if (to == "mysql_decimal") return made_decimal(given(1, 10), given(2, 0), false, of->nullable);
  if (to == "mysql_double") return real(of->nullable);
  if (to == "mysql_char") {
    const bool known = is_exact(*of) || is_text(of->kind) || is_temporal(of->kind);
    if (node->kid(1) == nullptr && (!known || of->length == UINT32_MAX)) return std::nullopt;
    return text(given(1, of->length), of->nullable);
  }
  made.nullable = true;
  made.decimals = given(1, 0);
  made.kind = to == "mysql_date"       ? TypeKind::kDate
              : to == "mysql_datetime" ? TypeKind::kDateTime
              : to == "mysql_time"     ? TypeKind::kTime
              : to == "mysql_json"     ? TypeKind::kJson
                                       : TypeKind::kUnknown;
  if (made.kind == TypeKind::kUnknown) return std::nullopt;
  made.length = (made.kind == TypeKind::kDateTime ? 19 : 10) + (made.decimals != 0 ? 1 + made.decimals : 0);
  return made;
}

MadeColumns::Found MadeColumns::collated(const Node* node) {
  Found made = of(node->kid(0));
  const bool is_short = made && (made->kind == TypeKind::kVarChar || made->kind == TypeKind::kChar);
  if (!is_short) return std::nullopt;
  made->kind = TypeKind::kVarChar;
  made->column = nullptr;
  made->coercion = Made::Coercion::kExplicit;
  made->collation = std::string(node->text);
  return made;
}

MadeColumns::Found MadeColumns::subquery(const Node* query) {
  const auto columns = this->query(query);
  if (!columns || columns->size() != 1) return std::nullopt;
  Made made = columns->front().made;
  const Node* const select = query->kid(1);
  made.nullable = made.nullable || select->kind != Kind::kSelect || select->kid(1) != nullptr;
  if (is_integer(made.kind)) {
    made.by_length = true;
    made.short_length = kLiteralShort;
  }
  // What becomes of others is not known.
  const bool usual = (is_exact(made) && made.kind != TypeKind::kYear) || made.kind == TypeKind::kVarChar ||
                     made.kind == TypeKind::kChar || made.kind == TypeKind::kDate ||
                     made.kind == TypeKind::kDateTime;
  made.column = nullptr;
  return usual ? Found(made) : std::nullopt;
}

MadeColumns::Found MadeColumns::of(const Node* node) {
  const Kind kind = node->kind;
  if (kind == Kind::kColumn) return node->has(kQuoted) ? std::nullopt : column_named(node);
  if (kind == Kind::kUnary) return unary(node);
  if (kind == Kind::kBinary) {
    const Op op = node->op;
    if (op == Op::kJson || op == Op::kJsonUnquote) return call(node);
    const bool truth = op == Op::kOr || op == Op::kXor || op == Op::kAnd || (op >= Op::kEq && op <= Op::kGe);
    return truth ? condition(node) : arithmetic(node);
  }
  if (kind == Kind::kIs || kind == Kind::kLike || kind == Kind::kRegexp || kind == Kind::kBetween ||
      kind == Kind::kIn || kind == Kind::kExists) {
    return condition(node);
  }
  if (kind == Kind::kCase) return branches(node);
  if (kind == Kind::kCast) return cast(node);
  if (kind == Kind::kCall) return call(node);
  if (kind == Kind::kOver) return over(node);
  if (kind == Kind::kCollate) return collated(node);
  if (kind == Kind::kSubquery) return subquery(node->kid(0));
  return literal(node);
}

}  // namespace murmel::sql
