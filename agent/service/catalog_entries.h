// What the catalog of databases says, as text. The catalog is a replicated database of Murmel's own in which
// each database is a view: making one is a schema change, and schema changes are what the cluster decides one
// after the other (core/commit.h). So two nodes that make a database of one name at once make it once, and a
// node that was away learns of it as of any other change. Pure.
//
//   CREATE VIEW "shop" AS SELECT '<id>' AS id, 1732180000000 AS made_ms, 3 AS made_by
//   CREATE VIEW "shop dropped" AS SELECT '<id>' AS id, 1 AS delete_files     once it is dropped
//
// The id tells a database from an earlier one of the same name. No name of a database has a blank in it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/store/types.h"

namespace murmel::service {

struct CatalogEntry {
  std::string id;
  bool dropped = false;
  bool delete_files = false;

  bool operator==(const CatalogEntry&) const = default;
};
// By name. Views that are none of ours are passed over.
struct Catalog {
  std::map<std::string, CatalogEntry> live;
  std::map<std::string, CatalogEntry> dropped;  // the last one of each name
};
Catalog read_catalog(const std::vector<store::SchemaText>& objects);

// kInvalid: not a name that can be made: small letters (SQLite does not tell them from capital ones), digits,
// '_', '-' and '.', not beginning with '.' or '-', and not one that is Murmel's or SQLite's own.
Status check_new_name(const std::string& name);

std::string sql_to_create(const std::string& name, const Uuid& id, WallMs now, NodeId by);
std::string sql_to_drop(const std::string& name, const std::string& id, bool delete_files);

}  // namespace murmel::service
