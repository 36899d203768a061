// String functions that build, cut and search text. Positions count characters, bytes for binary strings.
#include <sqlite3.h>
#include <unicode/uchar.h>

#include <algorithm>

#include "agent/functions/collation.h"
#include "agent/functions/groups.h"
#include "agent/functions/names.h"
#include "agent/functions/text.h"

namespace murmel::functions {
namespace {

// Beyond 63 bits it is the greatest number.
int64_t count_of(const Call& call, int index) {
  const Value value = call.value(index);
  if (value.kind == Kind::kUnsigned && value.integer < 0) return INT64_MAX;
  return to_integer(value, &call.session());
}

void concat(const Call& call) {
  std::string all;
  for (int i = 0; i < call.count(); ++i) all += call.text(i);
  call.result_string(std::move(all), call.any_binary());
}

void concat_ws(const Call& call) {
  if (call.null(0)) return;
  std::string separator = call.text(0), all;
  bool first = true;
  for (int i = 1; i < call.count(); ++i) {
    if (call.null(i)) continue;
    if (!first) all += separator;
    first = false;
    all += call.text(i);
  }
  call.result_string(std::move(all), call.any_binary());
}

void length(const Call& call) {
  call.result(static_cast<int64_t>(call.text(0).size()));
}
void bit_length(const Call& call) {
  call.result(static_cast<int64_t>(call.text(0).size()) * 8);
}

void char_length(const Call& call) {
  std::string text = call.text(0);
  call.result(static_cast<int64_t>(call.binary(0) ? text.size() : character_count(text)));
}

void left(const Call& call) {
  Characters text(call, 0);
  int64_t count = std::clamp<int64_t>(count_of(call, 1), 0, text.count());
  call.result_string(text.slice(0, count), call.binary(0));
}

void right(const Call& call) {
  Characters text(call, 0);
  int64_t count = std::clamp<int64_t>(count_of(call, 1), 0, text.count());
  call.result_string(text.slice(text.count() - count, count), call.binary(0));
}

void substring(const Call& call) {
  Characters text(call, 0);
  int64_t from = count_of(call, 1), size = call.has(2) ? count_of(call, 2) : text.count();
  int64_t begin = from > 0 ? from - 1 : from + text.count();
  if (from == 0 || size <= 0 || begin < 0 || begin >= text.count())
    return call.result_string("", call.binary(0));
  call.result_string(text.slice(begin, std::min(size, text.count() - begin)), call.binary(0));
}

void substring_index(const Call& call) {
  std::string text = call.text(0), delimiter = call.text(1);
  int64_t count = count_of(call, 2);
  if (count == 0 || delimiter.empty() || text.empty()) return call.result_string("", call.any_binary());
  size_t at = count > 0 ? 0 : text.size();
  if (count > 0) {
    for (at = text.find(delimiter); at != std::string::npos && --count > 0;)
      at = text.find(delimiter, at + delimiter.size());
    return call.result_string(text.substr(0, at), call.any_binary());
  }
  for (; at >= delimiter.size();) {
    at = text.rfind(delimiter, at - delimiter.size());
    if (at == std::string::npos) break;
    if (++count == 0) return call.result_string(text.substr(at + delimiter.size()), call.any_binary());
  }
  call.result_string(text, call.any_binary());
}

void repeat(const Call& call) {
  std::string text = call.text(0), all;
  int64_t count = std::max<int64_t>(0, count_of(call, 1));
  uint64_t limit = call.session().packet_bytes_max();
  if (text.empty()) return call.result_string("", call.binary(0));
  if (static_cast<uint64_t>(count) > limit / text.size()) {
    return call.warn(1301, "Result of repeat() was larger than max_allowed_packet (" + std::to_string(limit) +
                               ") - truncated");
  }
  all.reserve(text.size() * static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) all += text;
  call.result_string(std::move(all), call.binary(0));
}

void space(const Call& call) {
  int64_t count = std::max<int64_t>(0, count_of(call, 0));
  uint64_t limit = call.session().packet_bytes_max();
  if (static_cast<uint64_t>(count) > limit) {
    return call.warn(1301, "Result of space() was larger than max_allowed_packet (" + std::to_string(limit) +
                               ") - truncated");
  }
  call.result_string(std::string(static_cast<size_t>(count), ' '), false);
}

void replace(const Call& call) {
  std::string text = call.text(0), from = call.text(1), to = call.text(2), result;
  if (from.empty()) return call.result_string(std::move(text), call.any_binary());
  size_t at = 0;
  for (size_t found; (found = text.find(from, at)) != std::string::npos; at = found + from.size()) {
    result.append(text, at, found - at);
    result += to;
    if (result.size() > call.session().packet_bytes_max()) break;
  }
  result.append(text, at);
  call.result_string(std::move(result), call.any_binary());
}

void insert(const Call& call) {
  Characters text(call, 0);
  int64_t from = count_of(call, 1), size = count_of(call, 2);
  if (from < 1 || from > text.count()) return call.result_string(call.text(0), call.binary(0));
  int64_t rest = text.count() - (from - 1);
  if (size < 0 || size > rest) size = rest;
  call.result_string(text.slice(0, from - 1) + call.text(3) + text.slice(from - 1 + size, rest - size),
                     call.any_binary());
}

void reverse(const Call& call) {
  Characters text(call, 0);
  std::string result;
  for (int64_t i = text.count(); i-- > 0;) result += text.slice(i, 1);
  call.result_string(std::move(result), call.binary(0));
}

void pad(const Call& call, bool left_side) {
  Characters text(call, 0), filler(call, 2);
  int64_t size = count_of(call, 1);
  uint64_t limit = call.session().packet_bytes_max();
  if (size < 0) return;
  if (static_cast<uint64_t>(size) > limit) {
    return call.warn(1301, std::string("Result of ") + call.function().name +
                               "() was larger than max_allowed_packet (" + std::to_string(limit) +
                               ") - truncated");
  }
  bool binary = call.any_binary();
  if (size <= text.count()) return call.result_string(text.slice(0, size), binary);
  if (filler.count() == 0) return call.result_string("", binary);
  std::string padding;
  int64_t missing = size - text.count();
  for (int64_t i = missing / filler.count(); i > 0; --i) padding += filler.slice(0, filler.count());
  padding += filler.slice(0, missing % filler.count());
  std::string whole = text.slice(0, text.count());
  call.result_string(left_side ? padding + whole : whole + padding, binary);
}

void lpad(const Call& call) {
  pad(call, true);
}
void rpad(const Call& call) {
  pad(call, false);
}

std::string trimmed(std::string text, const std::string& what, bool begin, bool end) {
  if (what.empty()) return text;
  size_t from = 0, to = text.size();
  while (begin && to - from >= what.size() && text.compare(from, what.size(), what) == 0) from += what.size();
  while (end && to - from >= what.size() && text.compare(to - what.size(), what.size(), what) == 0)
    to -= what.size();
  return text.substr(from, to - from);
}

void trim(const Call& call) {
  if (call.null(1) || call.null(2)) return;
  std::string side = call.text(2);
  std::string what = call.null(0) ? " " : call.text(0);
  call.result_string(trimmed(call.text(1), what, side != "trailing", side != "leading"), call.binary(1));
}

void ltrim(const Call& call) {
  call.result_string(trimmed(call.text(0), " ", true, false), call.binary(0));
}
void rtrim(const Call& call) {
  call.result_string(trimmed(call.text(0), " ", false, true), call.binary(0));
}
void trim_both(const Call& call) {
  call.result_string(trimmed(call.text(0), " ", true, true), call.binary(0));
}

// Each character by itself, as MySQL does: the German sharp s has no capital.
std::string cased(const std::string& text, bool upper) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    size_t begin = at;
    char32_t c = next_character(text, &at);
    bool broken = c >= 0x80 && at == begin + 1;
    if (broken)
      result += text[begin];
    else
      append_character(&result, static_cast<char32_t>(upper ? u_toupper(static_cast<UChar32>(c))
                                                            : u_tolower(static_cast<UChar32>(c))));
  }
  return result;
}

void upper(const Call& call) {
  call.result_string(call.binary(0) ? call.text(0) : cased(call.text(0), true), call.binary(0));
}
void lower(const Call& call) {
  call.result_string(call.binary(0) ? call.text(0) : cased(call.text(0), false), call.binary(0));
}

const Collation* session_collation(const Call& call) {
  const Collation* found = find_collation(call.any_binary() ? "binary" : call.session().collation());
  if (found == nullptr) call.fail(1273, "Unknown collation: '" + call.session().collation() + "'");
  return found;
}

// The 1-based position of `what` in `text` from the 1-based `from` on, or 0.
int64_t position(const Collation& collation, const Characters& text, const Characters& what, int64_t from) {
  if (from < 1 || from > text.count() + 1) return 0;
  for (int64_t at = from - 1; at + what.count() <= text.count(); ++at) {
    bool same = true;
    for (int64_t i = 0; same && i < what.count(); ++i) {
      same = collation.same(text.character(at + i), what.character(i));
    }
    if (same) return at + 1;
  }
  return 0;
}

void locate(const Call& call) {
  const Collation* collation = session_collation(call);
  if (collation == nullptr) return;
  call.result(
      position(*collation, Characters(call, 1), Characters(call, 0), call.has(2) ? call.integer(2) : 1));
}

void instr(const Call& call) {
  const Collation* collation = session_collation(call);
  if (collation != nullptr) call.result(position(*collation, Characters(call, 0), Characters(call, 1), 1));
}

void field(const Call& call) {
  const Collation* collation = session_collation(call);
  if (call.null(0) || collation == nullptr) return call.result(0);
  bool texts = true, numbers = true;
  for (int i = 0; i < call.count(); ++i) {
    Value value = call.value(i);
    texts = texts && (value.is_text() || value.is_temporal());
    numbers = numbers && (value.is_integer() || value.kind == Kind::kDecimal);
  }
  for (int i = 1; i < call.count(); ++i) {
    if (call.null(i)) continue;
    bool equal = texts ? collation->compare(call.text(0), call.text(i)) == 0
                 : numbers
                     ? to_decimal(call.value(0), nullptr).compare(to_decimal(call.value(i), nullptr)) == 0
                     : call.real(0) == call.real(i);
    if (equal) return call.result(i);
  }
  call.result(0);
}

void elt(const Call& call) {
  int64_t index = call.null(0) ? 0 : call.integer(0);
  if (index < 1 || index >= call.count() || call.null(static_cast<int>(index))) return;
  call.result_string(call.text(static_cast<int>(index)), call.binary(static_cast<int>(index)));
}

void find_in_set(const Call& call) {
  const Collation* collation = session_collation(call);
  if (collation == nullptr) return;
  std::string wanted = call.text(0), set = call.text(1);
  if (set.empty() || wanted.find(',') != std::string::npos) return call.result(0);
  int64_t index = 1;
  for (size_t at = 0; at <= set.size(); ++index) {
    size_t comma = std::min(set.find(',', at), set.size());
    if (collation->compare(wanted, set.substr(at, comma - at)) == 0) return call.result(index);
    at = comma + 1;
  }
  call.result(0);
}

void make_set(const Call& call) {
  if (call.null(0)) return;
  uint64_t bits = static_cast<uint64_t>(call.integer(0));
  std::string set;
  bool first = true;
  for (int i = 1; i < call.count() && i <= 64; ++i) {
    if ((bits >> (i - 1) & 1) == 0 || call.null(i)) continue;
    if (!first) set += ',';
    first = false;
    set += call.text(i);
  }
  call.result_string(std::move(set), call.any_binary());
}

void export_set(const Call& call) {
  uint64_t bits = static_cast<uint64_t>(call.integer(0));
  std::string on = call.text(1), off = call.text(2), separator = call.has(3) ? call.text(3) : ",";
  int64_t count = call.has(4) ? call.integer(4) : 64;
  if (count < 0 || count > 64) count = 64;
  std::string set;
  for (int64_t i = 0; i < count; ++i) {
    if (i > 0) set += separator;
    set += (bits >> i & 1) != 0 ? on : off;
  }
  call.result_string(std::move(set), false);
}

constexpr const char* kStringsGroup = "Strings";

constexpr Function kStringsFunctions[] = {
    scalar("concat", 1, kAnyCount, kNullIn, concat, kStringsGroup, "all arguments in a row"),
    scalar("concat_ws", 2, kAnyCount, kPlain, concat_ws, kStringsGroup,
           "all but NULL, with the first argument between"),
    scalar("length", 1, 1, kNullIn, length, kStringsGroup, "bytes"),
    scalar("octet_length", 1, 1, kNullIn, length, kStringsGroup, "bytes"),
    scalar("bit_length", 1, 1, kNullIn, bit_length, kStringsGroup, "bits"),
    scalar("char_length", 1, 1, kNullIn, char_length, kStringsGroup, "characters"),
    scalar("character_length", 1, 1, kNullIn, char_length, kStringsGroup, "characters"),
    scalar("left", 2, 2, kNullIn, left, kStringsGroup, "the first characters"),
    scalar("right", 2, 2, kNullIn, right, kStringsGroup, "the last characters"),
    scalar("substring", 2, 3, kNullIn, substring, kStringsGroup,
           "a part, from a position on; negative from the end"),
    scalar("substr", 2, 3, kNullIn, substring, kStringsGroup, "as substring"),
    scalar("mid", 2, 3, kNullIn, substring, kStringsGroup, "as substring"),
    scalar("substring_index", 3, 3, kNullIn, substring_index, kStringsGroup,
           "what stands before the n-th delimiter; after, from the end"),
    scalar("repeat", 2, 2, kNullIn, repeat, kStringsGroup, "the text n times"),
    scalar("space", 1, 1, kNullIn, space, kStringsGroup, "n blanks"),
    scalar("replace", 3, 3, kNullIn, replace, kStringsGroup, "every occurrence, case counts"),
    scalar("insert", 4, 4, kNullIn, insert, kStringsGroup, "the text with a part replaced"),
    scalar("reverse", 1, 1, kNullIn, reverse, kStringsGroup, "characters in the other order"),
    scalar("lpad", 3, 3, kNullIn, lpad, kStringsGroup, "filled from the left, or cut"),
    scalar("rpad", 3, 3, kNullIn, rpad, kStringsGroup, "filled from the right, or cut"),
    scalar(names::kTrim, 3, 3, kPlain, trim, kStringsGroup, "`TRIM(side what FROM text)`"),
    scalar("trim", 1, 1, kNullIn, trim_both, kStringsGroup, "without blanks around"),
    scalar("ltrim", 1, 1, kNullIn, ltrim, kStringsGroup, "without blanks before"),
    scalar("rtrim", 1, 1, kNullIn, rtrim, kStringsGroup, "without blanks after"),
    scalar("upper", 1, 1, kNullIn, upper, kStringsGroup, "capitals"),
    scalar("ucase", 1, 1, kNullIn, upper, kStringsGroup, "capitals"),
    scalar("lower", 1, 1, kNullIn, lower, kStringsGroup, "small letters"),
    scalar("lcase", 1, 1, kNullIn, lower, kStringsGroup, "small letters"),
    scalar("locate", 2, 3, kNullIn, locate, kStringsGroup,
           "position of the first in the second, from a position on"),
    scalar("position", 2, 2, kNullIn, locate, kStringsGroup, "position of the first in the second"),
    scalar("instr", 2, 2, kNullIn, instr, kStringsGroup, "position of the second in the first"),
    scalar("field", 2, kAnyCount, kPlain, field, kStringsGroup, "which argument equals the first, or 0"),
    scalar("elt", 2, kAnyCount, kPlain, elt, kStringsGroup, "the n-th argument"),
    scalar("find_in_set", 2, 2, kNullIn, find_in_set, kStringsGroup, "place in a list with commas, or 0"),
    scalar("make_set", 2, kAnyCount, kPlain, make_set, kStringsGroup, "those whose bit is set, with commas"),
    scalar("export_set", 3, 5, kNullIn, export_set, kStringsGroup,
           "a text for each bit that is set, another for those that are not"),
};

}  // namespace

std::span<const Function> string_functions() {
  return kStringsFunctions;
}

}  // namespace murmel::functions
