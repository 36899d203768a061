#include "agent/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace murmel {

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "murmel: invariant broken: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace murmel
