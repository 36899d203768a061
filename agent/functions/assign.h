// Stores a value as a column of a declared type does: converts, checks, and in strict mode refuses.
// Thread rule: as Session.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "agent/functions/column_type.h"
#include "agent/functions/session.h"
#include "agent/functions/value.h"

namespace murmel::functions {

// One assignment: what is to be stored where, what is said when it does not fit, and what came of it.
struct Assignment {
  Session& session;
  const ColumnType& type;
  Value value;
  std::string column;
  int64_t row = 1;
  bool strict = true;
  bool quiet = false;  // without warnings
  Value stored = {};
  int error = 0;  // MySQL's number, with its sentence; then nothing is stored
  std::string message = {};

  void give(Value what) { stored = std::move(what); }
  void give(int64_t what) { stored = Value::of(what); }
  void give(double what) { stored = Value::of_double(what); }
  void give(std::string what) { stored = Value::of_text(std::move(what)); }
  void give(const char* what) { give(std::string(what)); }
  void fail(int code, std::string what);
  // "<what> for column 'c' at row 1".
  std::string sentence(const std::string& what) const;
  // True: the value is refused with this error (strict mode). False: it is a warning, and goes on.
  bool refused(int code, const std::string& what);
  bool truncated() { return refused(1265, "Data truncated"); }
  bool out_of_range() { return refused(1264, "Out of range value"); }
  void note_truncated();
};

// Fills in what is stored, or the error.
void assign(Assignment& to);

// Of one family of types each.
void assign_integer(Assignment& to);
void assign_decimal(Assignment& to);
void assign_real(Assignment& to);
void assign_bit(Assignment& to);
void assign_year(Assignment& to);
void assign_date(Assignment& to);
void assign_time(Assignment& to);
void assign_text(Assignment& to);
void assign_binary(Assignment& to);
void assign_enum(Assignment& to);
void assign_set(Assignment& to);
void assign_json(Assignment& to);

}  // namespace murmel::functions
