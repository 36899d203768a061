// How long a connection waits for locks of other connections.
#pragma once

struct sqlite3;

namespace murmel::store {

// From now on. Sleeps a millisecond at a time: applications that find the database locked sleep ever longer,
// so this is what makes the agent's turn come among many of them; SQLite's own handler would sleep for
// 100 ms, and be too late each time.
void wait_for_locks(sqlite3* handle, int timeout_ms) noexcept;

}  // namespace murmel::store
