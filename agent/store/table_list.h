// The application's tables, in order of name: what snapshots copy and what nodes compare.
// Belongs to the connection's thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/store/connection.h"

namespace murmel::store {

enum class ObjectType { kTable, kVirtualTable, kIndex, kTrigger, kView };

struct SchemaObject {
  ObjectType type = ObjectType::kTable;
  std::string name;
  std::string sql;
  std::string table;  // that it belongs to; its own name if it is a table or a view
};

// All objects of the application in `schema` ("main" or an attached database), in the order in which they
// were made. Shadow tables belong to their virtual table and are left out.
Result<std::vector<SchemaObject>> list_objects(Connection& connection, std::string_view schema);

// Word for DROP and messages: "TABLE", "INDEX" ...
std::string_view object_word(ObjectType type);

}  // namespace murmel::store
