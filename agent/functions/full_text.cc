// Full-text search: MySQL's words and operators as a query of FTS5's, and InnoDB's relevance of a row.
//
// The relevance is that of MySQL's manual ("How Relevancy Ranking is Calculated" for InnoDB): the sum, over
// the words of the search, of TF * IDF * IDF, with IDF the decimal logarithm of rows by rows that have the
// word.
#include <sqlite3.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "agent/functions/collation.h"
#include "agent/functions/groups.h"

namespace murmel::functions {
namespace {

// INFORMATION_SCHEMA.INNODB_FT_DEFAULT_STOPWORD.
constexpr std::string_view kStopwords[] = {
    "a",    "about", "an",  "are",  "as",   "at",    "be",  "by",   "com",  "de",  "en",   "for",
    "from", "how",   "i",   "in",   "is",   "it",    "la",  "of",   "on",   "or",  "that", "the",
    "this", "to",    "was", "what", "when", "where", "who", "will", "with", "und", "the",  "www"};
constexpr int kWordCharactersMin = 3;  // innodb_ft_min_token_size
constexpr int kWordCharactersMax = 84;
constexpr int kGroupsMax = 64;  // in each other
constexpr char kNothing[] = "\"\"";

bool is_word_character(UChar32 c) {
  return c == '_' || u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
}

std::string in_lower_case(std::string_view word) {
  std::string folded;
  for (size_t at = 0; at < word.size();) {
    const auto c = static_cast<UChar32>(next_character(word, &at));
    append_character(&folded, static_cast<char32_t>(u_tolower(c)));
  }
  return folded;
}

int character_count(std::string_view word) {
  return static_cast<int>(std::count_if(word.begin(), word.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// Words that are too short, too long, or stopwords are in no index of InnoDB's.
bool is_indexed(const std::string& word) {
  const int count = character_count(word);
  return count >= kWordCharactersMin && count <= kWordCharactersMax &&
         std::find(std::begin(kStopwords), std::end(kStopwords), word) == std::end(kStopwords);
}

class SearchText {
 public:
  SearchText(const Call& call, std::string text, bool boolean)
      : call_(call), text_(std::move(text)), boolean_(boolean) {}

  // What rows must match, for FTS5.
  std::string condition() {
    std::string query = list(0);
    if (at_ < text_.size()) fail(1064, "You have an error in your full-text search: an unexpected ')'");
    return query.empty() ? kNothing : query;
  }
  // Any of the words that count for the relevance; after condition().
  std::string words() const { return joined(counted_, " OR "); }
  bool failed() const { return failed_; }

 private:
  static std::string joined(const std::vector<std::string>& parts, const char* between) {
    if (parts.empty()) return kNothing;
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
    return text;
  }

  void fail(int code, const std::string& message) {
    if (!failed_) call_.fail(code, message);
    failed_ = true;
    at_ = text_.size();
  }
  void refuse(const char* what) {
    fail(1235, std::string("This version of MySQL doesn't yet support '") + what + "'");
  }

  // A word begins at `at_`? With an apostrophe between two letters it goes on.
  std::string word() {
    size_t end = at_;
    while (end < text_.size()) {
      size_t behind = end;
      const auto c = static_cast<UChar32>(next_character(text_, &behind));
      if (c == '\'' && end > at_ && behind < text_.size()) {
        size_t further = behind;
        if (!is_word_character(static_cast<UChar32>(next_character(text_, &further)))) break;
      } else if (!is_word_character(c)) {
        break;
      }
      end = behind;
    }
    std::string found = in_lower_case(std::string_view(text_).substr(at_, end - at_));
    at_ = end;
    return found;
  }

  void skip_character() { next_character(text_, &at_); }

  // Up to the closing quote; empty if no word of it is in an index.
  std::string phrase() {
    ++at_;
    std::string words;
    bool any = false;
    while (at_ < text_.size() && text_[at_] != '"') {
      const std::string one = word();
      if (one.empty()) {
        skip_character();
        continue;
      }
      any = any || is_indexed(one);
      words += (words.empty() ? "" : " ") + one;
    }
    ++at_;
    if (boolean_ && at_ < text_.size() && text_[at_] == '@') refuse("@distance in full-text searches");
    return any ? "\"" + words + "\"" : std::string();
  }

  std::string term(const std::string& word) {
    const bool prefix = boolean_ && at_ < text_.size() && text_[at_] == '*';
    if (!prefix) return is_indexed(word) ? "\"" + word + "\"" : std::string();
    ++at_;
    const bool hidden = std::any_of(std::begin(kStopwords), std::end(kStopwords),
                                    [&](std::string_view stop) { return stop.starts_with(word); });
    if (hidden || character_count(word) < kWordCharactersMin)
      refuse("full-text searches for so short a prefix");
    return "\"" + word + "\" *";
  }

  void count_word(const std::string& query, bool counts) {
    if (counts && !query.empty() && std::find(counted_.begin(), counted_.end(), query) == counted_.end())
      counted_.push_back(query);
  }

  // Up to the end, or the parenthesis that closes it. Empty: nothing matches.
  std::string list(int depth) {
    if (depth > kGroupsMax) refuse("full-text searches that nest so deeply");
    std::vector<std::string> required;
    std::vector<std::string> optional;
    std::vector<std::string> excluded;
    bool impossible = false;
    while (at_ < text_.size() && !(text_[at_] == ')' && boolean_)) {
      char sign = ' ';
      if (boolean_ && (text_[at_] == '+' || text_[at_] == '-')) sign = text_[at_++];
      if (at_ >= text_.size()) break;
      const char c = text_[at_];
      if (boolean_ && (c == '~' || c == '<' || c == '>')) refuse("~, < and > in full-text searches");
      if (failed_) return {};
      const bool counts = counts_ && sign != '-';
      std::string query;
      if (c == '"') {
        query = phrase();
        count_word(query, counts);
      } else if (boolean_ && c == '(') {
        ++at_;
        const bool outside = std::exchange(counts_, counts);
        query = list(depth + 1);
        counts_ = outside;
        if (at_ >= text_.size()) fail(1064, "You have an error in your full-text search: a ')' is missing");
        ++at_;
        if (!query.empty()) query = "(" + query + ")";
      } else {
        const std::string found = word();
        if (found.empty()) {
          skip_character();
          continue;
        }
        query = term(found);
        count_word(query, counts);
      }
      impossible = impossible || (sign == '+' && query.empty());
      if (!query.empty())
        (sign == '+' ? required : sign == '-' ? excluded : optional).push_back(std::move(query));
    }
    if (impossible || (required.empty() && optional.empty())) return {};
    std::string all = required.empty() ? joined(optional, " OR ") : joined(required, " AND ");
    if (excluded.empty()) return all;
    return all.insert(0, "(").append(") NOT (").append(joined(excluded, " OR ")).append(")");
  }

  const Call& call_;
  std::string text_;
  bool boolean_;
  size_t at_ = 0;
  bool counts_ = true;
  bool failed_ = false;
  std::vector<std::string> counted_;
};

void match(const Call& call) {
  if (call.null(0)) return call.result(kNothing);
  const std::string mode = call.text(1);
  SearchText search(call, call.text(0), mode != "natural");
  std::string query = search.condition();
  if (search.failed()) return;
  call.result(mode == "words" ? search.words() : query);
}

// --- relevance --------------------------------------------------------------------------------------------

int count_row(const Fts5ExtensionApi*, Fts5Context*, void* count) noexcept {
  ++*static_cast<sqlite3_int64*>(count);
  return SQLITE_OK;
}

// The square of each phrase's IDF; the same for all rows of a search.
std::vector<double>* weights_of(const Fts5ExtensionApi* api, Fts5Context* context) {
  if (void* const kept = api->xGetAuxdata(context, 0)) return static_cast<std::vector<double>*>(kept);
  sqlite3_int64 rows = 0;
  if (api->xRowCount(context, &rows) != SQLITE_OK) return nullptr;
  auto weights = std::make_unique<std::vector<double>>();
  for (int phrase = 0; phrase < api->xPhraseCount(context); ++phrase) {
    sqlite3_int64 having = 0;
    if (api->xQueryPhrase(context, phrase, &having, count_row) != SQLITE_OK) return nullptr;
    const double share = having == rows ? 1.0001 : static_cast<double>(rows) / static_cast<double>(having);
    weights->push_back(having == 0 ? 0.0 : std::log10(share) * std::log10(share));
  }
  auto* const given = weights.release();
  const auto drop = [](void* made) { delete static_cast<std::vector<double>*>(made); };
  return api->xSetAuxdata(context, given, drop) == SQLITE_OK ? given : nullptr;
}

void relevance(const Fts5ExtensionApi* api, Fts5Context* context, sqlite3_context* result, int,
               sqlite3_value**) noexcept {
  const std::vector<double>* const weights = weights_of(api, context);
  int instances = 0;
  if (weights == nullptr || api->xInstCount(context, &instances) != SQLITE_OK) {
    return sqlite3_result_error_nomem(result);
  }
  std::vector<int> counts(weights->size());
  for (int i = 0; i < instances; ++i) {
    int phrase = 0;
    int column = 0;
    int offset = 0;
    if (api->xInst(context, i, &phrase, &column, &offset) != SQLITE_OK) {
      return sqlite3_result_error_nomem(result);
    }
    ++counts[static_cast<size_t>(phrase)];
  }
  float sum = 0;  // as InnoDB keeps it
  for (size_t i = 0; i < counts.size(); ++i) sum += static_cast<float>(counts[i] * (*weights)[i]);
  sqlite3_result_double(result, static_cast<double>(sum));
}

constexpr const char* kGroup = "Full-text search";

constexpr Function kFunctions[] = {
    scalar(
        "mysql_match", 2, 2, kPlain, match, kGroup,
        "a search as FTS5 takes it: (text, 'natural' | 'boolean' | 'words': what counts for the relevance)"),
};

}  // namespace

std::span<const Function> full_text_functions() {
  return kFunctions;
}

// FTS5's extension interface: https://sqlite.org/fts5.html#extending_fts5
Status install_full_text(sqlite3* connection) {
  sqlite3_stmt* made = nullptr;
  fts5_api* api = nullptr;
  int code = sqlite3_prepare_v2(connection, "SELECT fts5(?1)", -1, &made, nullptr);
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(made, &sqlite3_finalize);
  if (code == SQLITE_OK)
    code = sqlite3_bind_pointer(made, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
  if (code == SQLITE_OK) sqlite3_step(made);
  if (api == nullptr) return Error{ErrorCode::kInternal, "this SQLite has no FTS5"};
  code = api->xCreateFunction(api, "mysql_relevance", nullptr, relevance, nullptr);
  if (code != SQLITE_OK) return Error{ErrorCode::kInternal, "function mysql_relevance"};
  return Ok{};
}

}  // namespace murmel::functions
