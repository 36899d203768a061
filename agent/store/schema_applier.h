// Schema changes of other nodes. Each says what an object was and what it is now, so that a change that is
// here already is no change, and one that finds something else here still ends in the object as it should be.
// Belongs to the applier of one database; runs in its transaction.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/store/connection.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {

class SchemaApplier {
 public:
  explicit SchemaApplier(Connection& connection) : connection_(connection) {}

  // kInvalid: the new object can't be made here. kRefused: it isn't what it says to be.
  Status apply(const wire::SchemaChange& change);
  // When all of a transaction is applied. Rows may have come before the triggers that keep an index over
  // their table, and triggers may have gone and come back around rows: such indexes are made anew.
  Status finish();

 private:
  Status create(const wire::SchemaChange& change);
  Status make(const wire::SchemaChange& change);
  Status change(const wire::SchemaChange& change);
  Status rename(const wire::SchemaChange& change);
  Status drop(std::string_view type, std::string_view name);
  Status drop_other_types(const wire::SchemaChange& change);
  // SQL of the object as it is here; nullopt: there is none.
  Result<std::optional<std::string>> here(std::string_view type, std::string_view name);

  Connection& connection_;
  std::set<std::string> touched_;  // tables that were made, or whose triggers were
};

}  // namespace murmel::store
