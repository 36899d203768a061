// REGEXP_LIKE, REGEXP_INSTR, REGEXP_SUBSTR, REGEXP_REPLACE: ICU's regular expressions, as in MySQL 8, with
// its limits on time and memory. Positions count characters.
#include <unicode/regex.h>

#include <memory>

#include "agent/functions/groups.h"
#include "agent/functions/names.h"

namespace murmel::functions {
namespace {

constexpr int32_t kTimeLimit = 32;             // MySQL's regexp_time_limit, in ICU's steps
constexpr int32_t kStackBytesMax = 8'000'000;  // MySQL's regexp_stack_limit

struct RegexError {
  UErrorCode status;
  int code;
  const char* message;
};

constexpr RegexError kErrors[] = {
    {U_REGEX_BAD_ESCAPE_SEQUENCE, 3689, "Unrecognized escape sequence in regular expression."},
    {U_REGEX_UNIMPLEMENTED, 3690,
     "The regular expression contains a feature that is not implemented in this library version."},
    {U_REGEX_MISMATCHED_PAREN, 3691, "Mismatched parenthesis in regular expression."},
    {U_REGEX_BAD_INTERVAL, 3692, "Incorrect description of a {min,max} interval."},
    {U_REGEX_MAX_LT_MIN, 3693, "The maximum is less than the minimum in a {min,max} interval."},
    {U_REGEX_INVALID_BACK_REF, 3694, "Invalid back-reference in regular expression."},
    {U_REGEX_LOOK_BEHIND_LIMIT, 3695, "The look-behind assertion exceeds the limit in regular expression."},
    {U_REGEX_MISSING_CLOSE_BRACKET, 3696, "The regular expression contains an unclosed bracket expression."},
    {U_REGEX_INVALID_RANGE, 3697,
     "The regular expression contains an [x-y] character range where x comes after y."},
    {U_REGEX_STACK_OVERFLOW, 3698, "Overflow in the regular expression backtrack stack."},
    {U_REGEX_TIME_OUT, 3699, "Timeout exceeded in regular expression match."},
    {U_REGEX_PATTERN_TOO_BIG, 3700, "The regular expression pattern exceeds limits on size or complexity."},
    {U_INDEX_OUTOFBOUNDS_ERROR, 3686, "Index out of bounds in regular expression search."},
    {U_ILLEGAL_ARGUMENT_ERROR, 3685, "Illegal argument to a regular expression."},
};

bool failed(const Call& call, UErrorCode status) {
  if (U_SUCCESS(status)) return false;
  for (const RegexError& error : kErrors) {
    if (error.status == status) {
      call.fail(error.code, error.message);
      return true;
    }
  }
  call.fail(3688, "Syntax error in regular expression.");
  return true;
}

// Case counts if the collation says so; 'c', 'i', 'm', 'n', 'u' in the match type change that. Nothing: error
// 3685.
std::optional<uint32_t> flags_of(const Call& call, int match_type) {
  std::string collation = call.session().collation();
  uint32_t flags = collation.ends_with("_ci") ? UREGEX_CASE_INSENSITIVE : 0;
  if (!call.has(match_type)) return flags;
  for (char c : call.text(match_type)) {
    switch (c) {
      case 'c': flags &= ~static_cast<uint32_t>(UREGEX_CASE_INSENSITIVE); break;
      case 'i': flags |= UREGEX_CASE_INSENSITIVE; break;
      case 'm': flags |= UREGEX_MULTILINE; break;
      case 'n': flags |= UREGEX_DOTALL; break;
      case 'u': flags |= UREGEX_UNIX_LINES; break;
      default: return std::nullopt;
    }
  }
  return flags;
}

// The pattern that was compiled last on this thread; most statements use one for all rows.
const icu::RegexPattern* compiled(const std::string& text, uint32_t flags, UErrorCode* status) {
  thread_local std::string last_text;
  thread_local uint32_t last_flags = 0;
  thread_local std::unique_ptr<icu::RegexPattern> last;
  if (last == nullptr || last_flags != flags || last_text != text) {
    UParseError where;
    last.reset(icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(text), flags, where, *status));
    if (U_FAILURE(*status)) last.reset();
    last_text = text;
    last_flags = flags;
  }
  return last.get();
}

// A matcher over argument 0, set to the character position of argument `position`.
struct Matching {
  icu::UnicodeString subject;
  std::unique_ptr<icu::RegexMatcher> matcher;
  int32_t begin = 0;  // in UTF-16 units

  // False: the call has failed.
  bool open(const Call& call, int position, int match_type) {
    if (call.any_binary()) {
      call.fail(3995, std::string("Character set 'binary' cannot be used in conjunction with '") +
                          call.session().collation() + "' in call to " + call.function().name + ".");
      return false;
    }
    auto flags = flags_of(call, match_type);
    std::string pattern = call.text(1);
    if (!flags || pattern.empty()) {
      failed(call, U_ILLEGAL_ARGUMENT_ERROR);
      return false;
    }
    UErrorCode status = U_ZERO_ERROR;
    const icu::RegexPattern* regex = compiled(pattern, *flags, &status);
    if (failed(call, status)) return false;
    subject = icu::UnicodeString::fromUTF8(call.text(0));
    matcher.reset(regex->matcher(subject, status));
    matcher->setTimeLimit(kTimeLimit, status);
    matcher->setStackLimit(kStackBytesMax, status);
    int64_t at = call.has(position) ? call.integer(position) : 1;
    if (at < 1 || at > subject.countChar32() + 1) status = U_INDEX_OUTOFBOUNDS_ERROR;
    if (failed(call, status)) return false;
    begin = subject.moveIndex32(0, static_cast<int32_t>(at - 1));
    return true;
  }
  // Moves to the n-th match from the begin on; false if there is none, or the call has failed.
  bool find(const Call& call, int64_t occurrence) {
    UErrorCode status = U_ZERO_ERROR;
    bool found = matcher->find(begin, status);
    for (int64_t i = 1; found && U_SUCCESS(status) && i < occurrence; ++i) found = matcher->find(status);
    return !failed(call, status) && found;
  }
  int32_t start() const {
    UErrorCode status = U_ZERO_ERROR;
    return matcher->start(status);
  }
  int32_t end() const {
    UErrorCode status = U_ZERO_ERROR;
    return matcher->end(status);
  }
};

int64_t occurrence_of(const Call& call, int index) {
  return call.has(index) ? std::max<int64_t>(1, call.integer(index)) : 1;
}

std::string utf8(const icu::UnicodeString& text) {
  std::string bytes;
  text.toUTF8String(bytes);
  return bytes;
}

void like(const Call& call) {
  Matching matching;
  if (!matching.open(call, call.count(), 2)) return;
  UErrorCode status = U_ZERO_ERROR;
  bool found = matching.matcher->find(0, status);
  if (!failed(call, status)) call.result(found);
}

// (text, pattern [, position, occurrence, 0: begin or 1: after the end, match type])
void regexp_instr(const Call& call) {
  Matching matching;
  int64_t after = call.has(4) ? call.integer(4) : 0;
  if (after != 0 && after != 1)
    return call.fail(1210, "Incorrect arguments to regexp_instr: return_option must be 1 or 0.");
  if (!matching.open(call, 2, 5)) return;
  if (!matching.find(call, occurrence_of(call, 3))) return call.result(0);
  call.result(
      static_cast<int64_t>(matching.subject.countChar32(0, after == 1 ? matching.end() : matching.start())) +
      1);
}

void substr(const Call& call) {
  Matching matching;
  if (!matching.open(call, 2, 4) || !matching.find(call, occurrence_of(call, 3))) return;
  call.result(utf8(matching.subject.tempSubStringBetween(matching.start(), matching.end())));
}

// (text, pattern, replacement [, position, occurrence (0: all), match type])
void regexp_replace(const Call& call) {
  Matching matching;
  if (!matching.open(call, 3, 5)) return;
  int64_t occurrence = call.has(4) ? std::max<int64_t>(0, call.integer(4)) : 0;
  icu::UnicodeString replacement = icu::UnicodeString::fromUTF8(call.text(2)), result;
  UErrorCode status = U_ZERO_ERROR;
  int64_t number = 0;
  for (bool found = matching.matcher->find(matching.begin, status); found && U_SUCCESS(status);
       found = matching.matcher->find(status)) {
    if (++number < occurrence) continue;
    matching.matcher->appendReplacement(result, replacement, status);
    if (occurrence > 0) break;
    if (static_cast<uint64_t>(result.length()) > call.session().packet_bytes_max()) break;
  }
  matching.matcher->appendTail(result);
  if (!failed(call, status)) call.result_string(utf8(result), false);
}

constexpr const char* kRegexpGroup = "Regular expressions";

constexpr Function kRegexpFunctions[] = {
    scalar(names::kRegexp, 2, 3, kNullIn, like, kRegexpGroup,
           "whether a pattern is found; `REGEXP`, `RLIKE`"),
    scalar("regexp_instr", 2, 6, kNullIn, regexp_instr, kRegexpGroup, "where"),
    scalar("regexp_substr", 2, 5, kNullIn, substr, kRegexpGroup, "what matches"),
    scalar("regexp_replace", 3, 6, kNullIn, regexp_replace, kRegexpGroup, "replaces what matches"),
};

}  // namespace

std::span<const Function> regexp_functions() {
  return kRegexpFunctions;
}

}  // namespace murmel::functions
