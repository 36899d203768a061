#include "agent/functions/compare.h"

#include "agent/functions/json.h"
#include "agent/functions/temporal.h"

namespace murmel::functions {
namespace {

template <typename T>
int order(const T& a, const T& b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

Decimal exact(const Value& number) {
  if (number.kind == Kind::kDecimal) return number.decimal;
  return number.kind == Kind::kUnsigned ? Decimal::of_unsigned(number.bits()) : Decimal::of(number.integer);
}

double approximate(const Value& number) {
  return to_double(number, nullptr);
}

int compare_durations(const Value& a, const Value& b, Session& session) {
  auto left = to_duration(a, session), right = to_duration(b, session);
  if (left && right) return order(left->micros, right->micros);
  return to_text(a).compare(to_text(b));
}

// At least one is a date, a datetime or a time. Text and numbers are read as such; what can't be compares as
// text.
int compare_temporal(const Value& a, const Value& b, Session& session) {
  auto day = [](const Value& v) { return v.kind == Kind::kDate || v.kind == Kind::kDateTime; };
  if (!day(a) && !day(b)) {
    bool number = !a.is_text() && !b.is_text() && !(a.is_temporal() && b.is_temporal());
    return number ? compare_numbers(to_number(a, &session), to_number(b, &session))
                  : compare_durations(a, b, session);
  }
  auto left = to_moment(a, session), right = to_moment(b, session);
  if (left && right) return order(packed(*left), packed(*right));
  if (a.is_text() || b.is_text()) return to_text(a).compare(to_text(b));
  return compare_numbers(to_number(a, &session), to_number(b, &session));
}

}  // namespace

int compare_numbers(const Value& a, const Value& b) {
  if (a.kind == Kind::kDouble || b.kind == Kind::kDouble) return order(approximate(a), approximate(b));
  if (a.kind == Kind::kInteger && b.kind == Kind::kInteger) return order(a.integer, b.integer);
  if (a.kind == Kind::kUnsigned && b.kind == Kind::kUnsigned) return order(a.bits(), b.bits());
  return exact(a).compare(exact(b));
}

int compare_values(const Value& a, const Value& b, const Collation& collation, Session& session) {
  if (a.kind == Kind::kJson || b.kind == Kind::kJson) return compare_with_json(a, b);
  if (a.is_text() && b.is_text()) {
    if (a.kind == Kind::kBinary || b.kind == Kind::kBinary) return a.text.compare(b.text);
    return collation.compare(a.text, b.text);
  }
  if (a.is_temporal() || b.is_temporal()) return compare_temporal(a, b, session);
  return compare_numbers(to_number(a, &session), to_number(b, &session));
}

bool like(std::string_view text, std::string_view pattern, char32_t escape, const Collation& collation) {
  // Wildcard matching with one point to come back to: the last '%'.
  size_t t = 0, p = 0, back_text = 0, back_pattern = std::string_view::npos;
  while (true) {
    bool matched = false;
    if (p < pattern.size()) {
      size_t next_p = p, next_t = t;
      char32_t want = next_character(pattern, &next_p);
      bool literal = false;
      if (want == escape && escape != 0 && next_p < pattern.size()) {
        want = next_character(pattern, &next_p);
        literal = true;
      }
      if (!literal && want == '%') {
        back_pattern = p = next_p;
        back_text = t;
        continue;
      }
      if (t < text.size()) {
        char32_t got = next_character(text, &next_t);
        matched = (!literal && want == '_') || want == got || collation.same(want, got);
      }
      if (matched) {
        p = next_p;
        t = next_t;
        continue;
      }
    } else if (t == text.size()) {
      return true;
    }
    if (back_pattern == std::string_view::npos || back_text >= text.size()) return false;
    next_character(text, &back_text);
    t = back_text;
    p = back_pattern;
  }
}

}  // namespace murmel::functions
