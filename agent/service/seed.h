// Random numbers from the system: a seed for the cores' own, new ids, nonces and salts. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "agent/base/ids.h"

namespace murmel::service {

std::uint64_t random_seed();
Uuid random_uuid();
std::string random_bytes(std::size_t size);

}  // namespace murmel::service
