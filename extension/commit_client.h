// CommitClient: asks the agent on this machine, over its commit socket (schemas/commit_socket.h), and waits
// for the answer no longer than the deadline. The connection is kept for the next question; one that a fork
// brought along, or on which anything went wrong, is replaced. Never raises SIGPIPE. Belongs to one database
// of one connection.
#pragma once

#include "extension/memory.h"
#include "schemas/commit_socket.h"

namespace murmel::extension {

struct LogPosition {
  std::uint32_t origin = 0;
  std::int64_t seq = 0;
};

struct CommitAnswer {
  std::uint8_t outcome = commit_socket::kUnknown;
  LogPosition slot;  // seq 0: none
  std::int64_t hlc = 0;
  char text[256] = {};         // what the agent said, or what went wrong
  Vec<LogPosition> positions;  // answer to kRead
};

class CommitClient {
 public:
  // kAway: the question was not put as a whole, so nothing has happened. kLost: it was, and no answer that
  // can be understood has come in time. CommitAnswer::text says why, and `slot` names the transaction if the
  // agent has told it.
  enum class Result : std::uint8_t { kAnswered, kAway, kLost };

  CommitClient() = default;
  ~CommitClient() { disconnect(); }
  CommitClient(const CommitClient&) = delete;
  CommitClient& operator=(const CommitClient&) = delete;

  // `frame` is whole, its length included. `deadline_ms` as monotonic_ms().
  Result ask(const char* path, const std::uint8_t* frame, std::size_t n, std::int64_t deadline_ms,
             CommitAnswer& answer) noexcept;

 private:
  bool connect_to(const char* path, std::int64_t deadline_ms, CommitAnswer& answer) noexcept;
  bool still_connected(const char* path) const noexcept;
  bool send_all(const std::uint8_t* bytes, std::size_t n, std::int64_t deadline_ms) noexcept;
  bool receive(std::size_t n, std::int64_t deadline_ms) noexcept;
  bool receive_frame(std::int64_t deadline_ms) noexcept;
  bool read_answer(std::int64_t deadline_ms, CommitAnswer& answer) noexcept;
  void disconnect() noexcept;

  int socket_ = -1;
  int pid_ = 0;  // that opened it
  Text path_;
  Vec<std::uint8_t> received_;
};

// Milliseconds of a clock that only goes forward.
std::int64_t monotonic_ms() noexcept;

}  // namespace murmel::extension
