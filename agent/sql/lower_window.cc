// Windows: what they are sorted by, and frames that reach as far as a value.
#include <algorithm>
#include <cstdint>
#include <string>

#include "agent/sql/lower.h"

namespace murmel::sql {
namespace {

constexpr int kDigitsMax = 18;  // of an integer that SQLite counts with

bool reaches(const Node* frame) {
  return frame->text == "RANGE" &&
         (frame->kid(0)->count != 0 || (frame->count > 1 && frame->kid(1)->count != 0));
}

// What the bounds of a frame count by.
std::int64_t microseconds_of(std::string_view unit) {
  constexpr std::int64_t kSecond = 1'000'000;
  if (same_name(unit, "MICROSECOND")) return 1;
  if (same_name(unit, "SECOND")) return kSecond;
  if (same_name(unit, "MINUTE")) return 60 * kSecond;
  if (same_name(unit, "HOUR")) return 3'600 * kSecond;
  if (same_name(unit, "DAY")) return 86'400 * kSecond;
  return same_name(unit, "WEEK") ? 604'800 * kSecond : 0;
}

int digits_behind_point(const Node* number) {
  const std::size_t point = number->text.find('.');
  return point == std::string_view::npos ? 0 : static_cast<int>(number->text.size() - point - 1);
}

// 1.5 with two digits is 150.
std::string scaled(const Node* number, int scale) {
  std::string text(number->text);
  const std::size_t point = text.find('.');
  if (point != std::string::npos) text.erase(point, 1);
  return text.append(static_cast<std::size_t>(scale - digits_behind_point(number)), '0');
}

}  // namespace

// Values that wait in a window have lost the tag of their type, so the aggregate is told it.
Node* Lowering::over(Node* node) {
  Node* const function = node->kids[0];
  if (function->kind != Kind::kCall || function->count == 0) return node;
  if (function->text == "mysql_from_utc") {  // MIN and MAX of a TIMESTAMP
    node->kids[0] = function->kids[0];
    function->kids[0] = node;
    return function;
  }
  const bool tagged = function->text == "sum" || function->text == "avg";
  const bool extreme = function->text == "mysql_min" || function->text == "mysql_max";
  Node* const value = function->kids[0];
  if ((!tagged && !extreme) || value->type == nullptr) return node;
  const std::string_view tag = tag_of(value->type);
  if (tag.empty()) return node;
  if (extreme && function->count == 1) append(context_.arena, function, make(Kind::kNull, {}));
  append(context_.arena, function, string(tag));
  return node;
}

void Lowering::window(Node* node) {
  if (Node* const partition = node->kid(0)) {
    for (std::uint32_t i = 0; i < partition->count; ++i)
      partition->kids[i] = sortable(lower(partition->kids[i]));
  }
  Node* const frame = node->kid(2);
  if (frame != nullptr && reaches(frame)) return range_window(node);
  for (std::uint32_t i = 0; frame != nullptr && i < frame->count; ++i) {
    if (frame->kids[i]->qualifier.empty()) continue;
    return context_.fail(3596, "HY000",
                         "Window '<unnamed window>': INTERVAL can only be used with RANGE frames.");
  }
  if (node->kid(1) != nullptr) node->kids[1] = lower(node->kids[1]);
  for (std::uint32_t i = 0; frame != nullptr && i < frame->count; ++i) kids(frame->kids[i]);
}

// RANGE of n PRECEDING or FOLLOWING: SQLite counts by numbers of its own, so the key becomes one.
void Lowering::range_window(Node* node) {
  Node* const order = node->kid(1);
  if (order == nullptr && !node->text.empty())
    return context_.not_supported("RANGE over a named window's order");
  const Type* const type = order != nullptr && order->count == 1 ? order->kids[0]->kid(0)->type : nullptr;
  if (type != nullptr && type->kind == TypeKind::kUnknown)
    return context_.not_supported("RANGE over this expression");
  const bool counts = type != nullptr && (is_number(type->kind) || is_temporal(type->kind));
  if (!counts) {
    return context_.fail(
        3587, "HY000",
        "Window '<unnamed window>' with RANGE N PRECEDING/FOLLOWING frame requires exactly one "
        "ORDER BY expression, of numeric or temporal type");
  }
  for (std::uint32_t i = 0; i < node->kid(2)->count; ++i) {
    const Node* const bound = node->kid(2)->kids[i];
    if (bound->count == 0 || bound->qualifier.empty() != is_temporal(type->kind)) continue;
    if (bound->qualifier.empty()) {
      return context_.fail(
          3588, "HY000",
          "Window '<unnamed window>' with RANGE frame has ORDER BY expression of datetime type. "
          "Only INTERVAL bound value allowed.");
    }
    return context_.fail(
        3589, "HY000",
        "Window '<unnamed window>' with RANGE frame has ORDER BY expression of numeric type, "
        "INTERVAL bound value not allowed.");
  }
  Node*& key = order->kids[0]->kids[0];
  if (is_temporal(type->kind)) {
    range_of_times(node->kids[2], key);
  } else {
    range_of_numbers(node->kids[2], key);
  }
}

void Lowering::range_of_times(Node* frame, Node*& key) {
  if (key->type->kind == TypeKind::kTime) return context_.not_supported("RANGE over TIME");
  for (std::uint32_t i = 0; i < frame->count; ++i) {
    Node* const bound = frame->kids[i];
    if (bound->count == 0) continue;
    const std::int64_t unit = microseconds_of(bound->qualifier);
    const Node* const amount = bound->kid(0);
    if (unit == 0 || amount->kind != Kind::kInteger || amount->text.size() > 6)
      return context_.not_supported("RANGE INTERVAL frames of this kind");
    std::int64_t count = 0;
    for (const char digit : amount->text) count = count * 10 + (digit - '0');
    bound->kids[0] = integer(context_.arena.copy(std::to_string(count * unit)));
  }
  Node* const value = typed(lower(key));
  Node* const seconds = make(Kind::kBinary, {call("to_seconds", {value}), integer("1000000")});
  seconds->op = Op::kMul;
  key = make(Kind::kBinary, {seconds, call("microsecond", {clone(context_.arena, value)})});
  key->op = Op::kAdd;
}

void Lowering::range_of_numbers(Node* frame, Node*& key) {
  const Type& type = *key->type;
  const bool native = type.kind == TypeKind::kFloat || type.kind == TypeKind::kDouble ||
                      (is_integer(type.kind) && !(type.kind == TypeKind::kBigInt && type.is_unsigned));
  const bool decimal = type.kind == TypeKind::kDecimal && type.has_length;
  if (!native && !decimal) return context_.not_supported("RANGE over this type");
  int scale = type.decimals;
  for (std::uint32_t i = 0; i < frame->count; ++i) {
    Node* const bound = frame->kids[i];
    if (bound->count == 0) continue;
    const Kind kind = bound->kid(0)->kind;
    const Type* const given = bound->kid(0)->type;
    const bool whole = kind == Kind::kParameter && given != nullptr && is_integer(given->kind);
    const bool constant = kind == Kind::kInteger || kind == Kind::kDecimal || (whole && native);
    if (!constant) return context_.not_supported("RANGE of this distance");
    if (native && kind == Kind::kDecimal) bound->kids[0] = make(Kind::kDouble, {}, bound->kid(0)->text);
    if (decimal) scale = std::max(scale, digits_behind_point(bound->kid(0)));
  }
  if (native) {
    key = lower(key);
    return;
  }
  if (static_cast<int>(type.length) - type.decimals + scale > kDigitsMax)
    return context_.not_supported("RANGE over so many digits");
  for (std::uint32_t i = 0; i < frame->count; ++i) {
    Node* const bound = frame->kids[i];
    if (bound->count != 0) bound->kids[0] = integer(context_.arena.copy(scaled(bound->kid(0), scale)));
  }
  const std::string factor = "1" + std::string(static_cast<std::size_t>(scale), '0');
  Node* const units = call("mysql_mul", {typed(lower(key)), integer(context_.arena.copy(factor))});
  key = call("mysql_signed", {units});
}

}  // namespace murmel::sql
