// The table of configuration keys: one row per key with its kind, limits, choices and a sentence of help.
// Reading the file, checking it, printing the reference and the nearest-key suggestion all walk this table,
// so a key can't exist in one of them only. Plain data; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/service/settings.h"

namespace murmel {

enum class KeyKind {
  kText,
  kTextList,
  kNumber,
  kDuration,  // TOML string with a unit: "500ms", "15s", "2h"; kept as milliseconds
  kSize,      // TOML string with a unit: "64KiB", "256MiB"; kept as bytes
  kChoice,    // one of `choices`, separated by '|'
};

template <typename Owner>
struct ConfigKey {
  const char* name;
  KeyKind kind;
  std::variant<std::string* (*)(Owner&), std::vector<std::string>* (*)(Owner&), std::int64_t* (*)(Owner&)>
      field;
  std::int64_t minimum;
  std::int64_t maximum;
  const char* choices;
  const char* help;
};

// Keys with a section are written "section.name"; "data_dir" has none.
std::span<const ConfigKey<service::Settings>> settings_keys();
// Keys of one [[database]] entry.
std::span<const ConfigKey<service::DatabaseSettings>> database_keys();

// The known name with the smallest edit distance to `name` (Levenshtein), or empty when none is near.
std::string nearest_name(std::string_view name, std::span<const std::string> known);

// Text with a unit <-> number. Empty unit table match: false.
bool parse_duration(std::string_view text, std::int64_t* milliseconds);
bool parse_size(std::string_view text, std::int64_t* bytes);
std::string print_duration(std::int64_t milliseconds);
std::string print_size(std::int64_t bytes);

}  // namespace murmel
