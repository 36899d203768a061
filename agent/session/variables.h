// The system variables of one session: what `SELECT @@name` and SHOW VARIABLES say, and what SET takes. The
// table of all of them is in variables.cc. A session begins with the GLOBAL values (global_variables.h), and
// does not see when these are changed, but for variables that are only GLOBAL. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/functions/session.h"
#include "agent/mysql/errors.h"
#include "agent/session/global_variables.h"
#include "agent/sql/translator.h"

namespace murmel::session {

using Value = functions::Session::Variable;

std::string lower_case(std::string_view text);  // of ASCII letters

struct VariableDefinition;

class Variables {
 public:
  // `globals` outlive it.
  explicit Variables(GlobalVariables& globals);

  std::optional<Value> find(std::string_view name, bool global) const;
  // As text, for SHOW VARIABLES: ON and OFF for flags. In order of names.
  std::vector<std::pair<std::string, std::string>> all(bool global) const;

  // Nothing as the value is DEFAULT, which is the GLOBAL value. Errors: 1193, 1229, 1231, 1232, 1238, 1273,
  // 1115, 1298.
  mysql::Answer<std::monostate> set(std::string_view name, const std::optional<Value>& value);
  // The same for new sessions of this node; `persist`: and after its next start, `now`: not only then.
  // Errors: also 1228, 1105.
  mysql::Answer<std::monostate> set_global(std::string_view name, const std::optional<Value>& value,
                                           bool persist, bool now);
  // SET NAMES. Errors: 1115, 1253, 1273.
  mysql::Answer<std::monostate> set_names(std::string_view charset, std::string_view collation);
  void reset();

  // What the session itself goes by: names in the table, number() of flags and numbers, text() of none that
  // is only GLOBAL.
  const std::string& text(std::string_view name) const;
  std::int64_t number(std::string_view name) const { return number(place(name)); }
  // The same for who asks often.
  struct Place {
    std::size_t index = 0;
    bool global = false;
  };
  static Place place(std::string_view name);
  std::int64_t number(Place place) const {
    return place.global ? global_number(place) : values_[place.index].number;
  }
  // Another number after each change of what translation goes by.
  std::uint64_t language() const { return language_; }
  const sql::SqlMode& mode() const { return mode_; }
  std::uint32_t mode_bits() const { return mode_bits_; }

 private:
  struct Kept {
    std::string text;
    std::int64_t number = 0;
  };

  std::string raw(const VariableDefinition& variable, bool global) const;
  void keep(const VariableDefinition& variable, std::string value);
  std::int64_t global_number(Place place) const;
  mysql::Answer<std::string> checked(const VariableDefinition& variable, const Value& value) const;
  void note_mode();

  GlobalVariables& globals_;
  std::vector<Kept> values_;  // of this session, by the place in the table
  std::uint64_t language_ = 0;
  sql::SqlMode mode_;
  std::uint32_t mode_bits_ = 0;
};

}  // namespace murmel::session
