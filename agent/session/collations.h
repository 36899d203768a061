// The numbers that MySQL's protocol has for collations. Constants; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace murmel::session {

struct CollationId {
  const char* name;
  std::uint16_t id;
};
std::span<const CollationId> collation_ids();
// 255, utf8mb4_0900_ai_ci, for one without a number here.
std::uint16_t collation_id(std::string_view name);

}  // namespace murmel::session
