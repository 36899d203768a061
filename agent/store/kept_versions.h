// Row versions that outlive their log records, in __murmel_versions. A record may be trimmed for its age
// while a member is away who can still send older writes; they must lose against it, also after a restart.
// The table exists only where that has happened. Belongs to the database's thread; writes in the caller's
// transaction.
#pragma once

#include <vector>

#include "agent/base/result.h"
#include "agent/core/versions.h"
#include "agent/store/connection.h"

namespace murmel::store {

struct KeptVersion {
  core::RowKey key;
  core::RowVersion version;
};

Status keep_row_versions(Connection& connection, const std::vector<KeptVersion>& versions);
// Those at or below the watermark have no meaning any more.
Status forget_kept_versions(Connection& connection, core::Hlc watermark);
// Puts all above the index's watermark into it.
Status load_kept_versions(Connection& connection, core::VersionIndex& versions);
// Replaces them by those of the attached snapshot.
Status take_over_kept_versions(Connection& connection);

}  // namespace murmel::store
