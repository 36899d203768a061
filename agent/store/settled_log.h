// The settled part of the log: the records at its old end that are all at or below the watermark. Opening a
// database need not read them again: no version comes from them, and where they stand is kept as a text in
// __murmel_meta. It is a mere short cut: without it, or when it does not fit the log, everything is read.
// Belongs to the database's thread.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/base/result.h"
#include "agent/core/change_set.h"
#include "agent/core/watermark.h"
#include "agent/store/connection.h"
#include "agent/store/log_index.h"

namespace murmel::store {

struct SettledLog {
  core::Hlc watermark;
  std::int64_t first_id = 0;  // where the log began then; trimming since then makes the rest useless
  std::int64_t last_id = 0;   // up to here it is settled
  LogIndex index;
};

Result<std::optional<SettledLog>> read_settled_log(Connection& connection);

// Finds out how far the log is settled, beginning where it left off, and keeps that.
class SettledLogKeeper {
 public:
  // In a transaction of its own; nothing is written if nothing new is settled.
  Status save(Connection& connection, NodeId self, const core::Watermark& watermark, const LogIndex& index);
  // The log was trimmed, replaced or read again: begin from its start.
  void forget();

 private:
  std::int64_t last_id_ = 0;
  std::int64_t saved_id_ = 0;
  core::VersionVector last_;
};

// In the caller's transaction, which changes the old end of the log.
Status forget_settled_log(Connection& connection);

}  // namespace murmel::store
