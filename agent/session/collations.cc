#include "agent/session/collations.h"

namespace murmel::session {
namespace {

constexpr std::uint16_t kStandard = 255;
constexpr CollationId kIds[] = {
    {"latin1_german1_ci", 5},
    {"latin1_swedish_ci", 8},
    {"ascii_general_ci", 11},
    {"latin1_danish_ci", 15},
    {"utf8mb3_general_ci", 33},
    {"utf8mb4_general_ci", 45},
    {"utf8mb4_bin", 46},
    {"latin1_bin", 47},
    {"latin1_general_ci", 48},
    {"latin1_general_cs", 49},
    {"binary", 63},
    {"ascii_bin", 65},
    {"utf8mb3_bin", 83},
    {"latin1_spanish_ci", 94},
    {"utf8mb3_unicode_ci", 192},
    {"utf8mb4_unicode_ci", 224},
    {"utf8mb4_unicode_520_ci", 246},
    {"utf8mb4_0900_ai_ci", kStandard},
    {"utf8mb4_0900_as_cs", 278},
    {"utf8mb4_0900_as_ci", 305},
    {"utf8mb4_0900_bin", 309},
};

}  // namespace

std::span<const CollationId> collation_ids() {
  return kIds;
}

std::uint16_t collation_id(std::string_view name) {
  for (const CollationId& known : kIds) {
    if (name == known.name) return known.id;
  }
  return kStandard;
}

}  // namespace murmel::session
