// Renamed columns, for rows whose authors did not know: a row at ONE that was written before a RENAME COLUMN
// arrived there names the old one. Read from the log: a rename at or below the watermark is known to every
// author of what can still come (core/stability.h). Belongs to the applier of one database.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/core/change_set.h"
#include "agent/store/connection.h"
#include "agent/store/log_state.h"
#include "agent/store/table_layout.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {

class ColumnRenames {
 public:
  // What the log tells of; in place of what was known.
  Status load(Connection& connection, NodeId self, LogState& state);
  // One that is being applied.
  void add(const core::Position& position, const wire::SchemaChange& change);
  bool empty() const { return renames_.empty(); }

  // The description with the names of today, if the author has not seen all of these renames and the table
  // here has had them; else nullptr: it stands as it is.
  Result<std::unique_ptr<TableLayout>> fit(Connection& connection, const wire::Table& table,
                                           const core::VersionVector& seen) const;

 private:
  struct Rename {
    core::Position position;
    std::string table;  // what it is called today, folded, as the next two
    std::string from;
    std::string to;
    std::string to_as_written;
  };
  std::vector<Rename> renames_;  // in the order in which they were made
};

}  // namespace murmel::store
