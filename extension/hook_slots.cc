#include "extension/hook_slots.h"

#include <cstring>

#include "extension/memory.h"

namespace murmel::extension {
namespace {

void on_update(void*, int, const char*, const char*, sqlite3_int64) noexcept {}
int on_commit(void*) noexcept {
  return 0;
}
int on_trace(unsigned, void*, void*, void*) noexcept {
  return 0;
}
void on_preupdate(void*, sqlite3*, int, const char*, const char*, sqlite3_int64, sqlite3_int64) noexcept {}

template <typename F>
void* address(F* function) {
  return reinterpret_cast<void*>(function);
}

// The offset of the pair, if there is exactly one in the connection object.
std::size_t find_pair(sqlite3* db, void* argument, void* function) {
  const auto* bytes = reinterpret_cast<const char*>(db);
  const std::size_t size = sqlite3_msize(db);
  std::size_t found = 0;
  for (std::size_t at = 0; at + 2 * sizeof(void*) <= size; at += sizeof(void*)) {
    void* pair[2];
    std::memcpy(pair, bytes + at, sizeof pair);
    if (pair[0] != argument || pair[1] != function) continue;
    if (found != 0) return 0;
    found = at;
  }
  return found;
}

void* find_session_function(sqlite3* scratch, const Host& host, std::size_t preupdate) {
  sqlite3_session* session = nullptr;
  if (!host.has_session() || host.session_create(scratch, "main", &session) != SQLITE_OK) return nullptr;
  void* const function = read_slot(scratch, preupdate).function;
  host.session_delete(session);
  return function;
}

// SQLite may have been built without.
std::size_t find_trace(sqlite3* scratch, int& marker) {
#ifndef SQLITE_CORE
  if (sqlite3_libversion_number() < 3'014'000 || sqlite3_api->trace_v2 == nullptr) return 0;
#endif
  sqlite3_trace_v2(scratch, SQLITE_TRACE_STMT, on_trace, &marker);
  const std::size_t found = find_pair(scratch, address(on_trace), &marker);
  sqlite3_trace_v2(scratch, 0, nullptr, nullptr);
  return found;
}

// The byte that is always the mask that was set last, if there is exactly one.
std::size_t find_trace_mask(sqlite3* scratch, int& marker) {
  constexpr unsigned char kMasks[] = {SQLITE_TRACE_STMT, SQLITE_TRACE_ROW | SQLITE_TRACE_CLOSE,
                                      SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE, SQLITE_TRACE_ROW, 0};
  const auto* bytes = reinterpret_cast<const unsigned char*>(scratch);
  Vec<std::size_t> places;
  for (std::size_t at = 0; at < sqlite3_msize(scratch); at++) {
    if (!places.push(at)) return 0;
  }
  for (const unsigned char mask : kMasks) {
    sqlite3_trace_v2(scratch, mask, mask == 0 ? nullptr : on_trace, &marker);
    std::size_t kept = 0;
    for (const std::size_t at : places) {
      if (bytes[at] == mask) places[kept++] = at;
    }
    places.shrink(kept);
  }
  return places.size() == 1 ? places[0] : 0;
}

}  // namespace

HookSlots find_hook_slots(sqlite3* scratch, const Host& host) noexcept {
  HookSlots slots;
  int marker = 0;
  sqlite3_update_hook(scratch, on_update, &marker);
  slots.update = find_pair(scratch, &marker, address(on_update));
  sqlite3_update_hook(scratch, nullptr, nullptr);
  sqlite3_commit_hook(scratch, on_commit, &marker);
  slots.commit = find_pair(scratch, &marker, address(on_commit));
  sqlite3_commit_hook(scratch, nullptr, nullptr);
  slots.trace = find_trace(scratch, marker);
  if (slots.trace != 0) slots.trace_mask = find_trace_mask(scratch, marker);
  if (!host.has_preupdate()) return slots;
  host.preupdate_hook(scratch, on_preupdate, &marker);
  slots.preupdate = find_pair(scratch, &marker, address(on_preupdate));
  host.preupdate_hook(scratch, nullptr, nullptr);
  if (slots.preupdate != 0) slots.session_function = find_session_function(scratch, host, slots.preupdate);
  return slots;
}

}  // namespace murmel::extension
