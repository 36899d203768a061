// Stores a value as a column of a declared type does: converts, checks, and in strict mode refuses.
// Thread rule: as Call.
#pragma once

#include <string>

#include "agent/functions/call.h"
#include "agent/functions/column_type.h"

namespace murmel::functions {

// One assignment: what is to be stored where, and what is said when it does not fit.
struct Assignment {
  const Call& call;
  const ColumnType& type;
  Value value;
  std::string column;
  int64_t row;

  bool strict() const { return (call.session().sql_mode() & kStrictTables) != 0; }
  // "<what> for column 'c' at row 1".
  std::string sentence(const std::string& what) const;
  // True: the statement has ended with this error (strict mode). False: it is a warning, and goes on.
  bool refused(int code, const std::string& what) const;
  bool truncated() const { return refused(1265, "Data truncated"); }
  bool out_of_range() const { return refused(1264, "Out of range value"); }
  void note_truncated() const;
};

// Each gives the result of the call, or its failure.
void assign_integer(const Assignment& to);
void assign_decimal(const Assignment& to);
void assign_real(const Assignment& to);
void assign_bit(const Assignment& to);
void assign_year(const Assignment& to);
void assign_date(const Assignment& to);
void assign_time(const Assignment& to);
void assign_text(const Assignment& to);
void assign_binary(const Assignment& to);
void assign_enum(const Assignment& to);
void assign_set(const Assignment& to);
void assign_json(const Assignment& to);

}  // namespace murmel::functions
