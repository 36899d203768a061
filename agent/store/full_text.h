// Full-text indexes (FTS3, FTS4, FTS5) of the database, and how each is kept right on this node.
//
//   own content       rows of X_content arrive as row changes; they are written to the virtual table X
//   external content  an index over another table, which the application keeps by triggers; triggers don't
//   fire
//                     when the agent writes, so the applier mirrors each row itself (full_text_mirror.h)
//   no content        contentless: what was indexed can't be known again; not replicated, named in status
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/store/connection.h"

namespace murmel::store {

struct FullTextTable {
  enum class Module { kFts3, kFts4, kFts5 };
  enum class Content { kOwn, kExternal, kNone };

  std::string name;
  Module module = Module::kFts5;
  Content content = Content::kOwn;
  std::string content_table;  // kExternal
  std::string content_rowid;  // kExternal, FTS5: the column that is the rowid; empty: rowid
};

// One `name = value` or bare argument of CREATE VIRTUAL TABLE ... USING module(...).
struct ModuleArguments {
  std::string module;                  // lower case
  std::vector<std::string> arguments;  // trimmed, as written
};
ModuleArguments parse_virtual_table(std::string_view sql);

Result<std::vector<FullTextTable>> read_full_text_tables(Connection& connection);

// Indexes over another table, of this name or over the table of this name, hold its rows as they are now: the
// statement that makes one leaves it empty, and a table that is made anew may number its rows otherwise.
Status fill_full_text(Connection& connection, std::string_view name);

// Virtual tables whose rows are not replicated (other modules, contentless indexes).
Result<std::vector<std::string>> read_uncaptured_tables(Connection& connection);

}  // namespace murmel::store
