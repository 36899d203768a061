// A log record as JSON, for people.
#pragma once

#include <string>

#include "agent/base/result.h"
#include "agent/core/change_set.h"

namespace murmel::store {

// {"origin": node, "decided": of its log of decided transactions, "seq", "hlc", "time_ms", "more",
// "schema_version", "depends": [...], "items": [...]}
Result<std::string> record_to_json(const core::ChangeSet& change);

}  // namespace murmel::store
