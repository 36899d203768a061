#include "extension/registry.h"

#include <pthread.h>
#include <atomic>

namespace murmel::extension {
namespace {

struct Entry {
  sqlite3* db;
  Connection* connection;
};

class Lock {
 public:
  explicit Lock(pthread_mutex_t& mutex) : mutex_(mutex) { pthread_mutex_lock(&mutex_); }
  ~Lock() { pthread_mutex_unlock(&mutex_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  pthread_mutex_t& mutex_;
};

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
// Never freed: connections may be closed after static objects are gone.
Entry* entries = nullptr;
std::size_t count = 0;
std::size_t capacity = 0;
std::atomic<std::uint64_t> generation{1};  // grows when a connection goes

struct Last {
  std::uint64_t generation;
  Entry entry;
};
thread_local Last last{0, {nullptr, nullptr}};

}  // namespace

bool register_connection(sqlite3* db, Connection* connection) noexcept {
  const Lock lock(mutex);
  if (count == capacity) {
    const std::size_t wanted = capacity == 0 ? 16 : capacity * 2;
    void* grown = std::realloc(entries, wanted * sizeof(Entry));
    if (grown == nullptr) return false;
    entries = static_cast<Entry*>(grown);
    capacity = wanted;
  }
  entries[count++] = Entry{db, connection};
  return true;
}

void unregister_connection(sqlite3* db) noexcept {
  const Lock lock(mutex);
  for (std::size_t i = 0; i < count; i++) {
    if (entries[i].db != db) continue;
    entries[i] = entries[--count];
    break;
  }
  generation.fetch_add(1, std::memory_order_release);
}

Connection* find_connection(sqlite3* db) noexcept {
  const std::uint64_t now = generation.load(std::memory_order_acquire);
  if (last.generation == now && last.entry.db == db) return last.entry.connection;
  const Lock lock(mutex);
  for (std::size_t i = 0; i < count; i++) {
    if (entries[i].db != db) continue;
    last = Last{now, entries[i]};
    return last.entry.connection;
  }
  return nullptr;
}

}  // namespace murmel::extension
