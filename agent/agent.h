// The agent process: puts loop, node and admin server together, runs until SIGTERM or SIGINT.
#pragma once

#include "agent/base/result.h"
#include "agent/service/settings.h"

namespace murmel {

// Runs on the calling thread until it was told to stop. Errors: what kept it from starting.
Status run_agent(const service::Settings& settings);

}  // namespace murmel
