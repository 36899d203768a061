// SessionHost: what a session asks of the server that it is part of. All of it may be called from the
// session's thread; what takes time blocks it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/mysql/errors.h"
#include "agent/session/counters.h"
#include "agent/session/global_variables.h"
#include "agent/session/info_tables.h"
#include "agent/session/named_locks.h"
#include "agent/sql/translator.h"

namespace murmel::service {

class Numbers;

class SessionHost {
 public:
  using Refusal = std::optional<mysql::ClientError>;

  virtual ~SessionHost() = default;

  // What SHOW STATUS tells of the server and does not count.
  virtual std::vector<std::pair<std::string, std::string>> status() = 0;
  // Of all sessions.
  virtual session::Counters& counters() = 0;

  // CREATE and DROP DATABASE; waits until it is open here, or gone. Errors: 1007, 1008, 1105.
  virtual Refusal change_database(const sql::DatabaseCommand& command) = 0;
  virtual Numbers& numbers() = 0;
  virtual session::GlobalVariables& globals() = 0;
  virtual session::NamedLocks& named_locks() = 0;

  // Of all databases, under the names that clients use. Nothing when the server is being stopped.
  virtual session::Rows cluster(session::ClusterTable table) = 0;
};

}  // namespace murmel::service
