// LocalTransaction: what a session has written on a snapshot (speculative.h), to be committed at this node.
// Plain value; may be handed between threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/bytes.h"
#include "agent/base/result.h"
#include "agent/core/change_set.h"
#include "agent/core/hlc.h"
#include "agent/core/versions.h"

namespace murmel::store {

struct LocalTransaction {
  std::vector<SharedBytes> payloads;  // row streams, in order: a record each
  std::int64_t snapshot = 0;          // the last record of the log that it has seen
  core::Hlc clock;                    // of the log there: above all that it has seen
  std::uint32_t schema_version = 0;   // SQLite's schema cookie
  bool foreign_keys = true;           // are to be looked at
  // Rows that it has locked for itself (FOR UPDATE) and may not have written: nobody else may have either,
  // since the snapshot.
  std::vector<core::RowKey> locked;
  std::vector<core::RowKey> shared;  // the same, but others may have locked them so, too (FOR SHARE)
  // For who decides it with other nodes, and empty else:
  core::VersionVector seen;
  std::string key_constraints;  // as a commit request lists them (schemas/commit_socket.h)

  bool empty() const { return payloads.empty(); }
  std::size_t bytes() const {
    std::size_t bytes = 0;
    for (const SharedBytes& payload : payloads) bytes += payload.size();
    return bytes;
  }
};

inline Error overtaken_error() {
  return {ErrorCode::kConflict, "a row was changed since the transaction began"};
}

// One that is to be decided. `thorough`: whether it could be written now, UNIQUE keys and foreign keys
// included; else only whether one of its rows was changed since its snapshot, and voters look at the keys.
struct ToCertify {
  const LocalTransaction* local = nullptr;
  bool thorough = false;
};

// What the database holds, and of each transaction why it does not go with that.
struct Certified {
  core::VersionVector have;
  core::Hlc clock;
  std::vector<Status> fits;
};

}  // namespace murmel::store
