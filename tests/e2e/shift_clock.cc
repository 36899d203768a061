// Preloaded into a program, it shifts the wall clock that the program sees by the number of nanoseconds in
// the file that MURMEL_SHIFT_CLOCK names (8 bytes, native order), which may change at any time. Monotonic
// clocks stay right, so timers do; the kernel's own time namespaces can do only the opposite.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;

using ClockGettime = int (*)(clockid_t, timespec*);

ClockGettime real_clock() {
  static const auto found = reinterpret_cast<ClockGettime>(dlsym(RTLD_NEXT, "clock_gettime"));
  return found;
}

std::int64_t shift_ns() {
  static const volatile std::int64_t* const shared = []() -> const std::int64_t* {
    const char* path = std::getenv("MURMEL_SHIFT_CLOCK");
    const int file = path != nullptr ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return nullptr;
    void* mapped = mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    return mapped == MAP_FAILED ? nullptr : static_cast<const std::int64_t*>(mapped);
  }();
  return shared != nullptr ? *shared : 0;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  const int result = real_clock()(clock, out);
  if (result != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
  const std::int64_t ns = out->tv_sec * kNanoseconds + out->tv_nsec + shift_ns();
  out->tv_sec = ns / kNanoseconds;
  out->tv_nsec = ns % kNanoseconds;
  return 0;
}

int gettimeofday(timeval* out, void*) noexcept {
  timespec now = {};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return result;
}

time_t time(time_t* out) noexcept {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}
}
