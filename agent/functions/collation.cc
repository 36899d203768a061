#include "agent/functions/collation.h"

#include <sqlite3.h>
#include <unicode/coll.h>
#include <unicode/normalizer2.h>
#include <unicode/tblcoll.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <optional>

#include "agent/functions/decimal.h"
#include "agent/functions/latin1_weights.h"

namespace murmel::functions {
namespace {

std::string_view without_trailing_blanks(std::string_view text) {
  size_t last = text.find_last_not_of(' ');
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// utf8mb4_bin pads, utf8mb4_0900_bin and binary do not. Bytes of UTF-8 order as code points do.
class BytesCollation : public Collation {
 public:
  explicit BytesCollation(bool pad) : pad_(pad) {}
  int compare(std::string_view a, std::string_view b) const override {
    if (!pad_) return a.compare(b);
    size_t common = std::min(a.size(), b.size());
    if (int order = a.substr(0, common).compare(b.substr(0, common))) return order;
    for (size_t i = common; i < a.size(); ++i) {
      if (a[i] != ' ') return static_cast<unsigned char>(a[i]) < ' ' ? -1 : 1;
    }
    for (size_t i = common; i < b.size(); ++i) {
      if (b[i] != ' ') return static_cast<unsigned char>(b[i]) < ' ' ? 1 : -1;
    }
    return 0;
  }
  std::string sort_key(std::string_view text) const override {
    return std::string(pad_ ? without_trailing_blanks(text) : text);
  }
  bool same(char32_t a, char32_t b) const override { return a == b; }
  bool by_bytes() const override { return true; }

 private:
  bool pad_;
};

// The weight that general_ci gives to a character: the capital of its base letter, one weight for one
// character; all beyond the first plane share one.
class GeneralWeights {
 public:
  static constexpr int kBytes = 2;

  GeneralWeights() {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* normalizer = icu::Normalizer2::getNFDInstance(status);
    INVARIANT(U_SUCCESS(status));
    for (char32_t c = 0; c < weights_.size(); ++c) weights_[c] = static_cast<uint16_t>(weight(normalizer, c));
  }
  char32_t operator[](char32_t c) const { return c < weights_.size() ? weights_[c] : 0xFFFD; }

 private:
  static char32_t weight(const icu::Normalizer2* normalizer, char32_t c) {
    if (c == 0xDF) return 'S';
    if (c == 0x419 || c == 0x439) return 0x419;  // the short I is a letter of its own
    if (c == 0x3F2) return 0x3A3;
    if (!known(c)) return c;
    icu::UnicodeString first, parts;
    char32_t base = c;
    // Only letters of Latin, Greek and Cyrillic lose their accents; not what is but another name of one
    // character.
    bool script = c < 0x0250 || (c >= 0x0370 && c < 0x0530) || (c >= 0x1E00 && c < 0x2000);
    if (script && normalizer->getRawDecomposition(static_cast<UChar32>(c), first) &&
        first.countChar32() > 1 && normalizer->getDecomposition(static_cast<UChar32>(c), parts) &&
        u_isalpha(parts.char32At(0))) {
      base = static_cast<char32_t>(parts.char32At(0));
    }
    char32_t upper = static_cast<char32_t>(u_toupper(static_cast<UChar32>(base)));
    return upper <= 0xFFFF && known(upper) ? upper : base;
  }
  // Whether the character was in Unicode 3.0, whose capitals MySQL's table has.
  static bool known(char32_t c) {
    UVersionInfo age;
    u_charAge(static_cast<UChar32>(c), age);
    return age[0] != 0 && (age[0] < 3 || (age[0] == 3 && age[1] == 0));
  }
  std::array<uint16_t, 0x10000> weights_;
};

// One weight a character, trailing blanks for nothing. `Weights` gives a character's by [], and says how many
// bytes one has in a sort key.
template <typename Weights>
class WeightCollation : public Collation {
 public:
  template <typename... Arguments>
  explicit WeightCollation(Arguments... arguments) : weights_(arguments...) {}

  int compare(std::string_view a, std::string_view b) const override {
    size_t i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
      char32_t left = weights_[next_character(a, &i)], right = weights_[next_character(b, &j)];
      if (left != right) return left < right ? -1 : 1;
    }
    if (int order = compare_to_blanks(a.substr(i))) return order;
    return -compare_to_blanks(b.substr(j));
  }
  std::string sort_key(std::string_view text) const override {
    text = without_trailing_blanks(text);
    std::string key;
    for (size_t i = 0; i < text.size();) {
      const char32_t weight = weights_[next_character(text, &i)];
      for (int byte = Weights::kBytes - 1; byte >= 0; --byte) key += static_cast<char>(weight >> (8 * byte));
    }
    return key;
  }
  bool same(char32_t a, char32_t b) const override { return weights_[a] == weights_[b]; }

 private:
  int compare_to_blanks(std::string_view rest) const {
    for (size_t i = 0; i < rest.size();) {
      char32_t c = weights_[next_character(rest, &i)];
      if (c != ' ') return c < ' ' ? -1 : 1;
    }
    return 0;
  }

  Weights weights_;
};

// Where Unicode 5.2 differs from ICU's root among what is in common use: accented Cyrillic letters are
// letters of their own, grave and circumflex follow the blank.
constexpr const char* kUnicode52Rules =
    "& ' ' < '`' < '^' & г < ѓ <<< Ѓ & і < ї <<< Ї & к < ќ <<< Ќ & у < ў <<< Ў < ӱ <<< Ӱ < ӳ <<< Ӳ & ѵ < ѷ "
    "<<< Ѷ "
    "& а < ӑ <<< Ӑ < ӓ <<< Ӓ & е < ӗ <<< Ӗ & ә < ӛ <<< Ӛ & ж < ӝ <<< Ӝ & з < ӟ <<< Ӟ & и < ӥ <<< Ӥ & о < ӧ "
    "<<< Ӧ "
    "& ө < ӫ <<< Ӫ & э < ӭ <<< Ӭ & ч < ӵ <<< Ӵ & ы < ӹ <<< Ӹ";

// Texts of plain characters (those of ASCII that can be printed) compared by primary weights, without ICU. No
// rule here makes one weight of two of these characters, or none of one.
class PlainOrder {
 public:
  explicit PlainOrder(const icu::Collator& collator) {
    std::array<UChar, kLast - kFirst + 1> characters{};
    std::iota(characters.begin(), characters.end(), kFirst);
    const auto compare = [&collator](UChar a, UChar b) {
      return collator.compare(icu::UnicodeString(a), icu::UnicodeString(b));
    };
    std::sort(characters.begin(), characters.end(),
              [&compare](UChar a, UChar b) { return compare(a, b) < 0; });
    for (size_t i = 0; i < characters.size(); ++i) {
      const bool same = i > 0 && compare(characters[i - 1], characters[i]) == 0;
      weights_[characters[i]] = same ? weights_[characters[i - 1]] : static_cast<uint8_t>(i + 1);
    }
  }

  // Nothing: other characters may have a say.
  std::optional<int> compare(std::string_view a, std::string_view b) const {
    const size_t common = std::min(a.size(), b.size());
    size_t at = 0;
    for (; at < common; ++at) {
      const uint8_t left = weight(a, at);
      const uint8_t right = weight(b, at);
      if (left == 0 || right == 0) return std::nullopt;
      if (left == right) continue;
      return stands_alone(a, at) && stands_alone(b, at) ? std::optional(left < right ? -1 : 1) : std::nullopt;
    }
    if (a.size() == b.size()) return 0;
    const std::string_view longer = a.size() > b.size() ? a : b;
    if (weight(longer, at) == 0 || !stands_alone(longer, at)) return std::nullopt;
    return a.size() > b.size() ? 1 : -1;
  }

 private:
  static constexpr UChar kFirst = ' ';
  static constexpr UChar kLast = '~';

  uint8_t weight(std::string_view text, size_t at) const {
    return weights_[static_cast<unsigned char>(text[at])];
  }
  // Nothing follows that could change it, as an accent does.
  bool stands_alone(std::string_view text, size_t at) const {
    return at + 1 == text.size() || weight(text, at + 1) != 0;
  }

  std::array<uint8_t, 256> weights_{};  // 0: not plain
};

class UnicodeCollation : public Collation {
 public:
  UnicodeCollation(icu::Collator::ECollationStrength strength, bool pad) : pad_(pad) {
    UErrorCode status = U_ZERO_ERROR;
    // The padding ones are those of older Unicode versions.
    if (pad)
      collator_ = std::make_unique<icu::RuleBasedCollator>(icu::UnicodeString::fromUTF8(kUnicode52Rules),
                                                           strength, UCOL_OFF, status);
    else
      collator_.reset(icu::Collator::createInstance(icu::Locale::getRoot(), status));
    INVARIANT(U_SUCCESS(status));
    collator_->setStrength(strength);
    // MySQL's tables put small letters first; the others do not see case.
    if (strength == icu::Collator::TERTIARY)
      collator_->setAttribute(UCOL_CASE_FIRST, UCOL_LOWER_FIRST, status);
    else
      plain_.emplace(*collator_);
  }
  int compare(std::string_view a, std::string_view b) const override {
    if (pad_) a = without_trailing_blanks(a), b = without_trailing_blanks(b);
    if (a == b) return 0;
    if (plain_) {
      if (const auto order = plain_->compare(a, b)) return *order;
    }
    UErrorCode status = U_ZERO_ERROR;
    return collator_->compareUTF8(icu::StringPiece(a.data(), static_cast<int32_t>(a.size())),
                                  icu::StringPiece(b.data(), static_cast<int32_t>(b.size())), status);
  }
  std::string sort_key(std::string_view text) const override {
    if (pad_) text = without_trailing_blanks(text);
    auto wide =
        icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
    std::string key(static_cast<size_t>(collator_->getSortKey(wide, nullptr, 0)), '\0');
    collator_->getSortKey(wide, reinterpret_cast<uint8_t*>(key.data()), static_cast<int32_t>(key.size()));
    key.pop_back();  // the terminating zero
    return key;
  }
  bool same(char32_t a, char32_t b) const override {
    if (a == b) return true;
    if (a < 0x80 && b < 0x80 && collator_->getStrength() != icu::Collator::TERTIARY) {
      bool letters = ((a | 0x20) >= 'a' && (a | 0x20) <= 'z');
      return letters && (a | 0x20) == (b | 0x20);
    }
    return collator_->compare(icu::UnicodeString(static_cast<UChar32>(a)),
                              icu::UnicodeString(static_cast<UChar32>(b))) == 0;
  }

 private:
  std::unique_ptr<icu::Collator> collator_;
  std::optional<PlainOrder> plain_;  // where case has no weight
  bool pad_;
};

template <typename Made, auto... arguments>
const Collation* shared() {
  static const Made made{arguments...};
  return &made;
}

template <Latin1 collation>
const Collation* latin1() {
  return shared<WeightCollation<Latin1Weights>, collation>();
}

constexpr auto kPrimary = icu::Collator::PRIMARY;
constexpr auto kSecondary = icu::Collator::SECONDARY;
constexpr auto kTertiary = icu::Collator::TERTIARY;

struct CollationRow {
  const char* name;
  bool pad;
  const Collation* (*find)();
  const char* doc;
};

constexpr CollationRow kCollations[] = {
    {"binary", false, shared<BytesCollation, false>, "bytes"},
    {"utf8mb4_bin", true, shared<BytesCollation, true>, "code points"},
    {"utf8mb4_0900_bin", false, shared<BytesCollation, false>, "code points"},
    {"utf8mb3_bin", true, shared<BytesCollation, true>, "code points"},
    {"utf8_bin", true, shared<BytesCollation, true>, "code points"},
    {"ascii_bin", true, shared<BytesCollation, true>, "code points"},
    {"utf8mb4_general_ci", true, shared<WeightCollation<GeneralWeights>>,
     "one weight a character, without case and accents"},
    {"utf8mb3_general_ci", true, shared<WeightCollation<GeneralWeights>>, "as utf8mb4_general_ci"},
    {"utf8_general_ci", true, shared<WeightCollation<GeneralWeights>>, "as utf8mb4_general_ci"},
    {"ascii_general_ci", true, shared<WeightCollation<GeneralWeights>>, "as utf8mb4_general_ci"},
    {"latin1_swedish_ci", true, latin1<Latin1::kSwedish>, "MySQL's weights of latin1's characters"},
    {"latin1_german1_ci", true, latin1<Latin1::kGerman1>, "likewise"},
    {"latin1_danish_ci", true, latin1<Latin1::kDanish>, "likewise"},
    {"latin1_spanish_ci", true, latin1<Latin1::kSpanish>, "likewise"},
    {"latin1_general_ci", true, latin1<Latin1::kGeneral>, "likewise"},
    {"latin1_general_cs", true, latin1<Latin1::kGeneralCs>, "likewise"},
    {"latin1_bin", true, latin1<Latin1::kBin>, "bytes of latin1"},
    {"utf8mb4_unicode_ci", true, shared<UnicodeCollation, kPrimary, true>,
     "base letters, order of Unicode 5.2 by ICU; MySQL's is 4.0: newer characters and strokes (ł, đ) differ"},
    {"utf8mb3_unicode_ci", true, shared<UnicodeCollation, kPrimary, true>, "as utf8mb4_unicode_ci"},
    {"utf8_unicode_ci", true, shared<UnicodeCollation, kPrimary, true>, "as utf8mb4_unicode_ci"},
    {"utf8mb4_unicode_520_ci", true, shared<UnicodeCollation, kPrimary, true>,
     "base letters, order of Unicode 5.2 by ICU"},
    {"utf8mb4_0900_ai_ci", false, shared<UnicodeCollation, kPrimary, false>,
     "ICU's root order, base letters"},
    {"utf8mb4_0900_as_ci", false, shared<UnicodeCollation, kSecondary, false>, "with accents, without case"},
    {"utf8mb4_0900_as_cs", false, shared<UnicodeCollation, kTertiary, false>, "with accents and case"},
};

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? x + 32 : x) == (y >= 'A' && y <= 'Z' ? y + 32 : y);
         });
}

// Made at the first comparison: that takes a while, and few processes need all of them, or any.
int compare_texts(void* row, int a_bytes, const void* a, int b_bytes, const void* b) noexcept {
  return static_cast<const CollationRow*>(row)->find()->compare(
      {static_cast<const char*>(a), static_cast<size_t>(a_bytes)},
      {static_cast<const char*>(b), static_cast<size_t>(b_bytes)});
}

int compare_decimals(void*, int a_bytes, const void* a, int b_bytes, const void* b) noexcept {
  size_t used;
  std::string_view left(static_cast<const char*>(a), static_cast<size_t>(a_bytes));
  std::string_view right(static_cast<const char*>(b), static_cast<size_t>(b_bytes));
  return Decimal::parse(left, &used).compare(Decimal::parse(right, &used));
}

}  // namespace

const Collation* find_collation(std::string_view name) {
  for (const CollationRow& row : kCollations) {
    if (same_name(row.name, name)) return row.find();
  }
  return nullptr;
}

Status install_collations(sqlite3* connection) {
  for (const CollationRow& row : kCollations) {
    if (row.name == std::string_view("binary")) continue;  // SQLite's own
    auto* const maker = const_cast<CollationRow*>(&row);
    if (sqlite3_create_collation_v2(connection, row.name, SQLITE_UTF8, maker, compare_texts, nullptr) !=
        SQLITE_OK) {
      return Error{ErrorCode::kInternal,
                   std::string("collation ") + row.name + ": " + sqlite3_errmsg(connection)};
    }
  }
  if (sqlite3_create_collation_v2(connection, "mysql_decimal", SQLITE_UTF8, nullptr, compare_decimals,
                                  nullptr) != SQLITE_OK) {
    return Error{ErrorCode::kInternal, std::string("collation mysql_decimal: ") + sqlite3_errmsg(connection)};
  }
  return Ok{};
}

std::string collation_rows() {
  std::string rows;
  for (const CollationRow& row : kCollations) {
    rows += std::string("| `") + row.name + "` | " + (row.pad ? "PAD SPACE" : "NO PAD") + " | " + row.doc +
            " |\n";
  }
  return rows + "| `mysql_decimal` | NO PAD | numbers kept as text, by value |\n";
}

char32_t next_character(std::string_view text, size_t* at) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char first = byte((*at)++);
  int more = first >= 0xF0 && first < 0xF8   ? 3
             : first >= 0xE0 && first < 0xF0 ? 2
             : first >= 0xC2 && first < 0xE0 ? 1
                                             : 0;
  if (more == 0) return first;
  char32_t character = first & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) {
    size_t next = *at + static_cast<size_t>(i);
    if (next >= text.size() || (byte(next) & 0xC0) != 0x80) return first;
    character = character << 6 | (byte(next) & 0x3Fu);
  }
  *at += static_cast<size_t>(more);
  return character;
}

void append_character(std::string* text, char32_t c) {
  if (c < 0x80) {
    *text += static_cast<char>(c);
  } else if (c < 0x800) {
    *text += static_cast<char>(0xC0 | (c >> 6));
    *text += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    *text += static_cast<char>(0xE0 | (c >> 12));
    *text += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    *text += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    *text += static_cast<char>(0xF0 | (c >> 18));
    *text += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    *text += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    *text += static_cast<char>(0x80 | (c & 0x3F));
  }
}

size_t character_count(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) next_character(text, &at);
  return count;
}

size_t byte_of_character(std::string_view text, size_t index) {
  size_t at = 0;
  while (index-- > 0 && at < text.size()) next_character(text, &at);
  return at;
}

}  // namespace murmel::functions
