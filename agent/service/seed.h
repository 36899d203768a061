// Random numbers from the system: a seed for the cores' own, and new ids. Any thread.
#pragma once

#include <cstdint>

#include "agent/base/ids.h"

namespace murmel::service {

std::uint64_t random_seed();
Uuid random_uuid();

}  // namespace murmel::service
