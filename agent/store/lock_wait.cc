#include "agent/store/lock_wait.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cstdint>

namespace murmel::store {
namespace {

constexpr int kSleepUs = 1'000;

int wait_for_lock(void* timeout_ms, int calls) noexcept {
  const auto limit = reinterpret_cast<std::intptr_t>(timeout_ms) * 1'000 / kSleepUs;
  if (calls >= limit) return 0;
  ::usleep(kSleepUs);
  return 1;
}

}  // namespace

void wait_for_locks(sqlite3* handle, int timeout_ms) noexcept {
  // The number itself is what the handler gets: there is nothing that would have to live as long.
  const auto number = static_cast<std::intptr_t>(timeout_ms);
  sqlite3_busy_handler(handle, wait_for_lock,
                       reinterpret_cast<void*>(number));  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace murmel::store
