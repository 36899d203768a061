// The agent process: puts loop, node and admin server together, runs until SIGTERM or SIGINT.
#pragma once

#include <functional>
#include <memory>

#include "agent/base/result.h"
#include "agent/service/settings.h"

namespace murmel {

namespace io {
class Loop;
}
namespace service {
class Node;
}

// What else runs on the agent's loop: made before the loop runs, destroyed before the node and the loop are.
using Companion = std::function<std::shared_ptr<void>(io::Loop&, service::Node&)>;

// Runs on the calling thread until it was told to stop. Errors: what kept it from starting.
Status run_agent(const service::Settings& settings, const Companion& companion = nullptr);

}  // namespace murmel
