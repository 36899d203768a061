// Comparison, truth and choice: what translated operators call, and IF, NULLIF, LEAST, GREATEST, INTERVAL,
// STRCMP.
#include <sqlite3.h>

#include "agent/functions/compare.h"
#include "agent/functions/groups.h"
#include "agent/functions/json.h"
#include "agent/functions/names.h"

namespace murmel::functions {
namespace {

const Collation* collation_of(const Call& call, int index) {
  const Collation* found = find_collation(call.collation(index));
  if (found == nullptr) call.fail(1273, "Unknown collation: '" + call.collation(index) + "'");
  return found;
}

// Two integers without a tag are the common case.
bool plain_integers(const Call& call) {
  return sqlite3_value_type(call.raw(0)) == SQLITE_INTEGER &&
         sqlite3_value_type(call.raw(1)) == SQLITE_INTEGER && sqlite3_value_subtype(call.raw(0)) == 0 &&
         sqlite3_value_subtype(call.raw(1)) == 0;
}

template <typename Accept>
void compare_call(const Call& call, Accept accept) {
  if (call.null(0) || call.null(1)) return;
  if (plain_integers(call)) {
    sqlite3_int64 a = sqlite3_value_int64(call.raw(0)), b = sqlite3_value_int64(call.raw(1));
    return call.result(accept(a < b ? -1 : a > b ? 1 : 0));
  }
  const Collation* collation = collation_of(call, 2);
  if (collation != nullptr)
    call.result(accept(compare_values(call.value(0), call.value(1), *collation, call.session())));
}

void eq(const Call& call) {
  compare_call(call, [](int order) { return order == 0; });
}
void ne(const Call& call) {
  compare_call(call, [](int order) { return order != 0; });
}
void lt(const Call& call) {
  compare_call(call, [](int order) { return order < 0; });
}
void le(const Call& call) {
  compare_call(call, [](int order) { return order <= 0; });
}
void gt(const Call& call) {
  compare_call(call, [](int order) { return order > 0; });
}
void ge(const Call& call) {
  compare_call(call, [](int order) { return order >= 0; });
}

void null_eq(const Call& call) {
  if (call.null(0) || call.null(1)) return call.result(call.null(0) && call.null(1));
  eq(call);
}

void in(const Call& call) {
  if (call.null(1)) return;
  const Collation* collation = collation_of(call, 0);
  if (collation == nullptr) return;
  Value wanted = call.value(1);
  bool unknown = false;
  for (int i = 2; i < call.count(); ++i) {
    if (call.null(i))
      unknown = true;
    else if (compare_values(wanted, call.value(i), *collation, call.session()) == 0)
      return call.result(true);
  }
  if (!unknown) call.result(false);
}

void between(const Call& call) {
  const Collation* collation = collation_of(call, 3);
  if (collation == nullptr || call.null(0)) return;
  Value value = call.value(0);
  bool below = !call.null(1) && compare_values(value, call.value(1), *collation, call.session()) < 0;
  bool above = !call.null(2) && compare_values(value, call.value(2), *collation, call.session()) > 0;
  if (below || above) return call.result(false);
  if (!call.null(1) && !call.null(2)) call.result(true);
}

void like_call(const Call& call) {
  if (call.null(0) || call.null(1)) return;
  const Collation* collation = call.any_binary() ? find_collation("binary") : collation_of(call, 3);
  if (collation == nullptr) return;
  bool backslash = (call.session().sql_mode() & kNoBackslashEscapes) == 0;
  char32_t escape = backslash ? '\\' : 0;
  if (!call.null(2)) {
    std::string text = call.text(2);
    if (character_count(text) > 1) return call.fail(1210, "Incorrect arguments to ESCAPE");
    size_t at = 0;
    escape = text.empty() ? 0 : next_character(text, &at);
  }
  call.result(like(call.text(0), call.text(1), escape, *collation));
}

void truth(const Call& call) {
  call.result(to_bool(call.value(0), &call.session()));
}
void negation(const Call& call) {
  call.result(!to_bool(call.value(0), &call.session()));
}
void exclusive_or(const Call& call) {
  call.result(to_bool(call.value(0), &call.session()) != to_bool(call.value(1), &call.session()));
}

void is_null(const Call& call) {
  call.result(call.null(0));
}

void choose(const Call& call) {
  bool first = !call.null(0) && to_bool(call.value(0), &call.session());
  call.result(call.value(first ? 1 : 2));
}

void null_if(const Call& call) {
  if (call.null(0)) return;
  const Collation* collation = collation_of(call, 2);
  if (collation == nullptr) return;
  bool equal = !call.null(1) && compare_values(call.value(0), call.value(1), *collation, call.session()) == 0;
  if (!equal) call.result(call.value(0));
}

// LEAST and GREATEST compare all as numbers if one is a number, and give the common type.
template <int direction>
void extreme(const Call& call) {
  bool real = false, exact = false, text = false, temporal = true;
  for (int i = 0; i < call.count(); ++i) {
    Value value = call.value(i);
    temporal = temporal && value.is_temporal();
    text = text || value.is_text();
    real = real || value.kind == Kind::kDouble;
    exact = exact || value.kind == Kind::kDecimal || value.is_integer();
  }
  const Collation* collation = find_collation(call.session().collation());
  if (collation == nullptr) return call.fail(1273, "Unknown collation: '" + call.session().collation() + "'");
  Value best;
  for (int i = 0; i < call.count(); ++i) {
    Value value = call.value(i);
    if ((text && (real || exact)) || (real && !temporal))
      value = Value::of_double(to_double(value, &call.session()));
    if (best.null() || compare_values(value, best, *collation, call.session()) * direction > 0) best = value;
  }
  int scale = 0;
  for (int i = 0; i < call.count(); ++i) scale = std::max(scale, call.value(i).decimal.scale());
  if (scale > 0 && (best.kind == Kind::kDecimal || best.is_integer())) {
    best = Value::of_decimal(to_decimal(best, nullptr).rounded(scale));
  }
  call.result(best);
}

void interval(const Call& call) {
  if (call.null(0)) return call.result(-1);
  Value value = to_number(call.value(0), &call.session());
  int index = 1;
  while (index < call.count() &&
         (call.null(index) || compare_numbers(value, to_number(call.value(index), &call.session())) >= 0)) {
    ++index;
  }
  call.result(index - 1);
}

void string_compare(const Call& call) {
  const Collation* collation = call.any_binary() ? find_collation("binary") : collation_of(call, 2);
  if (collation == nullptr) return;
  int order = collation->compare(call.text(0), call.text(1));
  call.result(order < 0 ? -1 : order > 0 ? 1 : 0);
}

void sort_key(const Call& call) {
  Value value = call.value(0);
  if (value.is_text()) {
    const Collation* collation =
        value.kind == Kind::kBinary ? find_collation("binary") : collation_of(call, 1);
    if (collation != nullptr) call.result_binary(collation->sort_key(value.text));
    return;
  }
  if (value.is_temporal()) return call.result_binary(value.text);
  if (value.kind == Kind::kJson) return call.result_binary(json_sort_key(json_element(value)));
  Value number = to_number(value, nullptr);
  call.result_binary(to_decimal(number, nullptr).sort_key());
}

void weight_string(const Call& call) {
  const Collation* collation = call.binary(0) ? find_collation("binary") : collation_of(call, 1);
  if (collation != nullptr) call.result_binary(collation->sort_key(call.text(0)));
}

constexpr const char* kOperators = "Comparison operators";
constexpr const char* kChoice = "Comparison and control flow";

constexpr Function kComparisonFunctions[] = {
    scalar(names::kEq, 2, 3, kPlain, eq, kOperators, "`a = b`, types mixed as MySQL does"),
    scalar(names::kNe, 2, 3, kPlain, ne, kOperators, "`a <> b`"),
    scalar(names::kLt, 2, 3, kPlain, lt, kOperators, "`a < b`"),
    scalar(names::kLe, 2, 3, kPlain, le, kOperators, "`a <= b`"),
    scalar(names::kGt, 2, 3, kPlain, gt, kOperators, "`a > b`"),
    scalar(names::kGe, 2, 3, kPlain, ge, kOperators, "`a >= b`"),
    scalar(names::kNullEq, 2, 3, kPlain, null_eq, kOperators, "`a <=> b`"),
    scalar(names::kIn, 2, kAnyCount, kPlain, in, kOperators,
           "`x IN (...)`; the first argument is a collation or NULL"),
    scalar(names::kBetween, 3, 4, kPlain, between, kOperators, "`x BETWEEN a AND b`"),
    scalar(names::kLike, 2, 4, kPlain, like_call, kOperators, "`x LIKE pattern ESCAPE e`, by collation"),
    scalar(names::kBool, 1, 1, kNullIn, truth, kOperators, "truth of any value"),
    scalar(names::kNot, 1, 1, kNullIn, negation, kOperators, "`NOT x`"),
    scalar(names::kXor, 2, 2, kNullIn, exclusive_or, kOperators, "`a XOR b`"),
    scalar(names::kSortKey, 1, 2, kNullIn, sort_key, kOperators, "bytes that sort as the value does"),
    scalar("if", 3, 3, kPlain, choose, kChoice,
           "the second argument where the first is true, else the third"),
    scalar("isnull", 1, 1, kPlain, is_null, kChoice, "1 for NULL"),
    scalar("nullif", 2, 3, kPlain, null_if, kChoice, "NULL where both are equal, else the first"),
    scalar("least", 2, kAnyCount, kNullIn, extreme<-1>, kChoice, "the least argument"),
    scalar("greatest", 2, kAnyCount, kNullIn, extreme<1>, kChoice, "the greatest argument"),
    scalar("interval", 2, kAnyCount, kPlain, interval, kChoice,
           "how many of the rising numbers are not above the first"),
    scalar("strcmp", 2, 3, kNullIn, string_compare, kChoice, "-1, 0 or 1"),
    scalar("weight_string", 1, 2, kNullIn, weight_string, kChoice,
           "the collation's sort key (its bytes are ours)"),
};

}  // namespace

std::span<const Function> comparison_functions() {
  return kComparisonFunctions;
}

}  // namespace murmel::functions
