// Rows of a table that a schema change drops and makes again in one record, as migrations do that SQLite has
// no ALTER TABLE for: what its author had not seen of them is kept while the table goes, and written again as
// its own authors wrote it. A node that gets these rows later writes them into the new table, so all end
// alike. Rows without a key go with their table. Belongs to the applier of one database.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/core/change_set.h"
#include "agent/store/connection.h"
#include "agent/store/staged_versions.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {

class SetAside {
 public:
  // Before the table is dropped.
  Status take(Connection& connection, std::string_view table, const StagedVersions& versions,
              const core::VersionVector& seen);
  // After a table was made: the rows of that name, if there are any, with their versions.
  using Write = std::function<Status(const wire::RowChange&, const core::RowVersion&)>;
  Status give_back(std::string_view table, const Write& write);
  void clear() { rows_.clear(); }

 private:
  struct Row {
    core::RowVersion version;
    std::string payload;
  };
  std::string table_;  // folded
  std::vector<Row> rows_;
};

}  // namespace murmel::store
