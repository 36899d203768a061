// Schema and rows of an attached snapshot, made anew in the main database. Belongs to the database's thread;
// runs in the installer's transaction.
#pragma once

#include "agent/base/result.h"
#include "agent/store/connection.h"
#include "agent/store/types.h"

namespace murmel::store {

// Name under which the snapshot file is attached.
inline constexpr char kSnapshotSchema[] = "snapshot";

// Drops every object of the application.
Status drop_content(Connection& connection);
// Makes those of the snapshot, with their rows.
Status copy_content(Connection& connection, const Progress& progress);

}  // namespace murmel::store
