// A seed for the cores' random numbers, from the system. Any thread.
#pragma once

#include <cstdint>

namespace murmel::service {

std::uint64_t random_seed();

}  // namespace murmel::service
