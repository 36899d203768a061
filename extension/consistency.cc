#include "extension/consistency.h"

#include <strings.h>

namespace murmel::extension {
namespace {

struct Name {
  const char* name;
  CommitLevel level;
};
constexpr Name kNames[] = {{"default", CommitLevel::kDefault}, {"one", CommitLevel::kOne},
                           {"quorum", CommitLevel::kQuorum},   {"all", CommitLevel::kAll},
                           {"two", CommitLevel::kTwo},         {"three", CommitLevel::kThree}};

}  // namespace

bool parse_level(const char* name, CommitLevel& level) noexcept {
  for (const Name& known : kNames) {
    if (name == nullptr || strcasecmp(name, known.name) != 0) continue;
    level = known.level;
    return true;
  }
  return false;
}

const char* level_name(CommitLevel level) noexcept {
  for (const Name& known : kNames) {
    if (known.level == level) return known.name;
  }
  return "";
}

}  // namespace murmel::extension
