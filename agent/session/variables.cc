#include "agent/session/variables.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "agent/base/check.h"
#include "agent/functions/collation.h"
#include "agent/functions/date_names.h"
#include "agent/functions/time_zone.h"
#include "agent/session/variable_table.h"

namespace murmel::session {
namespace {

using mysql::ClientError;

constexpr std::monostate kDone;
std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
  return result;
}

ClientError wrong_value(std::string_view name, const std::string& value) {
  return {1231, "42000", "Variable '" + std::string(name) + "' can't be set to the value of '" + value + "'"};
}

ClientError read_only(std::string_view name) {
  return {1238, "HY000", "Variable '" + std::string(name) + "' is a read only variable"};
}

bool is_charset(const std::string& name) {
  for (const char* known : {"utf8mb4", "utf8mb3", "utf8", "binary", "ascii"}) {
    if (name == known) return true;
  }
  return false;
}

struct ModeWord {
  const char* name;
  bool sql::SqlMode::*flag;
  std::uint32_t bits;
};

constexpr ModeWord kModeWords[] = {
    {"ALLOW_INVALID_DATES", nullptr, functions::kAllowInvalidDates},
    {"ANSI_QUOTES", &sql::SqlMode::ansi_quotes, 0},
    {"ERROR_FOR_DIVISION_BY_ZERO", nullptr, functions::kErrorForDivisionByZero},
    {"HIGH_NOT_PRECEDENCE", &sql::SqlMode::high_not_precedence, 0},
    {"IGNORE_SPACE", &sql::SqlMode::ignore_space, 0},
    {"NO_AUTO_VALUE_ON_ZERO", &sql::SqlMode::no_auto_value_on_zero, functions::kNoAutoValueOnZero},
    {"NO_BACKSLASH_ESCAPES", &sql::SqlMode::no_backslash_escapes, functions::kNoBackslashEscapes},
    {"NO_DIR_IN_CREATE", nullptr, 0},
    {"NO_ENGINE_SUBSTITUTION", nullptr, 0},
    {"NO_UNSIGNED_SUBTRACTION", nullptr, functions::kNoUnsignedSubtraction},
    {"NO_ZERO_DATE", nullptr, functions::kNoZeroDate},
    {"NO_ZERO_IN_DATE", nullptr, functions::kNoZeroInDate},
    {"ONLY_FULL_GROUP_BY", &sql::SqlMode::only_full_group_by, 0},
    {"PIPES_AS_CONCAT", &sql::SqlMode::pipes_as_concat, 0},
    {"STRICT_ALL_TABLES", &sql::SqlMode::strict, functions::kStrictTables},
    {"STRICT_TRANS_TABLES", &sql::SqlMode::strict, functions::kStrictTables},
    // Dumps of MySQL 5 and MariaDB set these; there is nothing that they would change.
    {"NO_AUTO_CREATE_USER", nullptr, 0},
    {"NO_FIELD_OPTIONS", nullptr, 0},
    {"NO_KEY_OPTIONS", nullptr, 0},
    {"NO_TABLE_OPTIONS", nullptr, 0},
};

// Words of sql_mode that stand for several.
std::string expanded(const std::string& word) {
  if (word == "ANSI") return "PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ONLY_FULL_GROUP_BY,ANSI";
  if (word == "TRADITIONAL") {
    return "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
           "TRADITIONAL,NO_ENGINE_SUBSTITUTION";
  }
  return word;
}

const ModeWord* find_mode(std::string_view word) {
  const auto* const found = std::find_if(std::begin(kModeWords), std::end(kModeWords),
                                         [word](const ModeWord& known) { return known.name == word; });
  return found != std::end(kModeWords) ? found : nullptr;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (comma != 0) words.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return words;
}

mysql::Answer<std::string> checked_mode(const std::string& value) {
  std::string result;
  for (const std::string& word : split(upper(value))) {
    const bool several = word == "ANSI" || word == "TRADITIONAL";
    if (!several && find_mode(word) == nullptr) return wrong_value("sql_mode", word);
    if (!result.empty()) result += ',';
    result += expanded(word);
  }
  return result;
}

mysql::Answer<std::string> checked_consistency(std::string_view name, const std::string& text) {
  std::string level = lower_case(text);
  if (level == "one" || level == "quorum") return level;
  const bool writes = name == "murmel_write_consistency";
  if (writes && (level == "all" || level == "default")) return level;
  return wrong_value(name, text);
}

std::string isolation_of(std::string_view value) {
  std::string level = upper(value);
  std::replace(level.begin(), level.end(), ' ', '-');
  return level;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return result;
}

namespace {

static_assert(std::ranges::is_sorted(kVariables, {}, &VariableDefinition::name));

const VariableDefinition* definition(std::string_view name) {
  const auto* const found = std::ranges::lower_bound(kVariables, name, {}, &VariableDefinition::name);
  return found != std::end(kVariables) && found->name == name ? found : nullptr;
}

// What translation goes by.
constexpr std::string_view kOfLanguage[] = {"character_set_connection", "collation_connection",
                                            "div_precision_increment", "sql_mode", "sql_select_limit"};

// Of two names of one variable, the one under which its value is kept.
std::string_view kept_name(std::string_view name) {
  if (name == "tx_isolation") return "transaction_isolation";
  if (name == "marmot_transpilation") return "murmel_transpilation";
  return name;
}

// Where a session keeps the value of a variable.
std::size_t place_of(const VariableDefinition& variable) {
  const std::string_view kept = kept_name(variable.name);
  const VariableDefinition* const own = kept == variable.name ? &variable : definition(kept);
  return static_cast<std::size_t>(own - std::begin(kVariables));
}

std::int64_t number_of(std::string_view value) {
  std::int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

}  // namespace

Variables::Variables(GlobalVariables& globals) : globals_(globals) {
  reset();
}

void Variables::reset() {
  const GlobalVariables::Values inherited = globals_.all();
  values_.resize(std::size(kVariables));
  for (const VariableDefinition& variable : kVariables) {
    if (kept_name(variable.name) != variable.name) continue;
    const auto given = inherited.find(variable.name);
    keep(variable, given != inherited.end() ? given->second : variable.value);
  }
  note_mode();
  ++language_;
}

void Variables::keep(const VariableDefinition& variable, std::string value) {
  Kept& kept = values_[place_of(variable)];
  kept.number = number_of(value);
  kept.text = std::move(value);
}

std::string Variables::raw(const VariableDefinition& variable, bool global) const {
  const std::string_view name = kept_name(variable.name);
  if (global || variable.scope == Scope::kGlobal) return globals_.find(name).value_or(variable.value);
  return values_[place_of(variable)].text;
}

std::optional<Value> Variables::find(std::string_view name, bool global) const {
  const VariableDefinition* const variable = definition(name);
  if (variable == nullptr) return std::nullopt;
  const std::string value = raw(*variable, global);
  if (variable->form == Form::kText) return value;
  return number_of(value);
}

std::vector<std::pair<std::string, std::string>> Variables::all(bool global) const {
  std::vector<std::pair<std::string, std::string>> result;
  for (const VariableDefinition& variable : kVariables) {
    std::string value = raw(variable, global);
    if (variable.form == Form::kFlag) value = value == "1" ? "ON" : "OFF";
    result.emplace_back(variable.name, std::move(value));
  }
  return result;
}

const std::string& Variables::text(std::string_view name) const {
  const VariableDefinition* const variable = definition(name);
  INVARIANT(variable != nullptr && variable->scope != Scope::kGlobal);
  return values_[place_of(*variable)].text;
}

Variables::Place Variables::place(std::string_view name) {
  const VariableDefinition* const variable = definition(name);
  INVARIANT(variable != nullptr && variable->form != Form::kText);
  return {place_of(*variable), variable->scope == Scope::kGlobal};
}

std::int64_t Variables::global_number(Place place) const {
  return number_of(raw(kVariables[place.index], true));
}

mysql::Answer<std::string> Variables::checked(const VariableDefinition& variable, const Value& value) const {
  const std::string_view name = variable.name;
  const auto* const integer = std::get_if<std::int64_t>(&value);
  const auto* const given = std::get_if<std::string>(&value);
  const std::string text = integer != nullptr ? std::to_string(*integer) : given != nullptr ? *given : "NULL";
  if (variable.form == Form::kFlag) {
    const std::string word = upper(text);
    const bool on = word == "1" || word == "ON" || word == "TRUE";
    if (on && name == "sql_safe_updates") return mysql::not_supported("sql_safe_updates = ON");
    if (on) return std::string("1");
    if (word == "0" || word == "OFF" || word == "FALSE") return std::string("0");
    return wrong_value(name, text);
  }
  if (variable.form == Form::kNumber) {
    if (integer == nullptr) {
      return ClientError{1232, "42000", "Incorrect argument type to variable '" + std::string(name) + "'"};
    }
    return text;
  }
  if (name == "sql_mode") return checked_mode(text);
  if (name == "sql_select_limit") {
    if (text.starts_with('-')) return std::string("0");
    const bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    if (!number) return ClientError{1232, "42000", "Incorrect argument type to variable 'sql_select_limit'"};
    return text.size() < std::string_view(kNoLimit).size() ? text : std::string(kNoLimit);
  }
  if (name == "murmel_read_consistency" || name == "murmel_write_consistency") {
    return checked_consistency(name, text);
  }
  if (name.starts_with("character_set_")) {
    const std::string charset = given != nullptr ? lower_case(text) : "utf8mb4";  // NULL: as they are
    if (!is_charset(charset)) {
      return ClientError{1115, "42000", "Unknown character set: '" + text + "'"};
    }
    return charset;
  }
  if (name.starts_with("collation_") && functions::find_collation(text) == nullptr) {
    return ClientError{1273, "HY000", "Unknown collation: '" + text + "'"};
  }
  if (name == "lc_time_names") {
    const functions::DateNames* const names = functions::date_names_of(text);
    if (names != nullptr) return std::string(names->locale);
    const bool locale = text.size() == 5 && text[2] == '_';
    if (locale) return mysql::not_supported("names of days and months in " + text);
    return ClientError{1649, "HY000", "Unknown locale: '" + text + "'"};
  }
  if (name == "time_zone" && !functions::zone_offset_us(text, 0)) {
    return ClientError{1298, "HY000", "Unknown or incorrect time zone: '" + text + "'"};
  }
  if (name.ends_with("_isolation")) {
    const std::string level = isolation_of(text);
    const bool known = level == "READ-UNCOMMITTED" || level == "READ-COMMITTED" ||
                       level == "REPEATABLE-READ" || level == "SERIALIZABLE";
    return known ? mysql::Answer<std::string>(level) : wrong_value(name, text);
  }
  return text;
}

mysql::Answer<std::monostate> Variables::set(std::string_view name, const std::optional<Value>& value) {
  const VariableDefinition* const variable = definition(name);
  if (variable == nullptr)
    return ClientError{1193, "HY000", "Unknown system variable '" + std::string(name) + "'"};
  if (variable->scope == Scope::kFixed) return read_only(name);
  if (variable->scope == Scope::kGlobal) {
    return ClientError{
        1229, "HY000",
        "Variable '" + std::string(name) + "' is a GLOBAL variable and should be set with SET GLOBAL"};
  }
  std::string text;
  if (value) {
    auto good = checked(*variable, *value);
    if (!good.ok()) return good.error();
    text = std::move(*good);
  } else {
    text = raw(*variable, true);
  }
  if (text == values_[place_of(*variable)].text) return kDone;
  keep(*variable, std::move(text));
  note_mode();
  const bool translates = std::ranges::find(kOfLanguage, variable->name) != std::end(kOfLanguage);
  if (translates) ++language_;
  return kDone;
}

mysql::Answer<std::monostate> Variables::set_global(std::string_view name, const std::optional<Value>& value,
                                                    bool persist, bool now) {
  const VariableDefinition* const variable = definition(name);
  if (variable == nullptr)
    return ClientError{1193, "HY000", "Unknown system variable '" + std::string(name) + "'"};
  if (variable->scope == Scope::kFixed) return read_only(name);
  std::optional<std::string> text;
  if (value) {
    auto good = checked(*variable, *value);
    if (!good.ok()) return good.error();
    text = std::move(*good);
  }
  if (persist) {
    const Status kept = globals_.persist(kept_name(name), text);
    if (!kept.ok()) return mysql::unknown_error(kept.error().message);
  }
  if (now) globals_.set(kept_name(name), std::move(text));
  return kDone;
}

mysql::Answer<std::monostate> Variables::set_names(std::string_view charset, std::string_view collation) {
  const bool standard = charset.empty() || upper(charset) == "DEFAULT";
  const Value name = standard ? std::string("utf8mb4") : lower_case(charset);
  for (const char* variable : {"character_set_client", "character_set_connection", "character_set_results"}) {
    auto done = set(variable, name);
    if (!done.ok()) return done;
  }
  if (collation.empty()) return set("collation_connection", std::nullopt);
  return set("collation_connection", Value(std::string(collation)));
}

void Variables::note_mode() {
  mode_ = {};
  mode_.strict = mode_.only_full_group_by = false;
  mode_bits_ = 0;
  for (const std::string& word : split(text("sql_mode"))) {
    const ModeWord* const known = find_mode(word);
    if (known == nullptr) continue;
    if (known->flag != nullptr) mode_.*known->flag = true;
    mode_bits_ |= known->bits;
  }
}

}  // namespace murmel::session
