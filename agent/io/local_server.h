// LocalServer: a Unix stream socket on which programs of this machine ask questions and wait for the answer.
// A message is a u32 length (little-endian) and so many bytes; what they mean is for the owner.
//
//   reading ──whole message──► asked ──answer()──► reading        one question at a time per client: what it
//      │                         │                                sends meanwhile stays in the kernel
//      └── error, end, nonsense ─┴─► gone
//
// Clients must be of this process's user, or root (SO_PEERCRED; the file's mode is 0600 besides). Memory
// follows the bytes that have arrived, never a length that is claimed, and is limited over all clients. When
// all places are taken, the client that has been idle the longest gives way, if it has been so for a while.
// Loop thread only; the callbacks must not throw and must not destroy the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/time.h"

namespace murmel::io {

class Loop;

struct LocalServerOptions {
  std::string path;
  std::uint32_t message_bytes_max = 1 << 20;
  std::size_t buffered_bytes_max = 256U << 20;  // of all clients; who would go beyond is closed
  int clients_max = 1'024;
  Duration half_message_max = seconds(10);  // from a message's first byte to its last
  Duration idle_min = seconds(60);          // a client idle for less keeps its place
};

struct LocalServerStats {
  int clients = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  // wrong user, or no place
  std::uint64_t broken = 0;   // closed for what they sent
};

class LocalServer {
 public:
  using Client = std::uint64_t;
  using OnMessage = std::function<void(Client, std::string message)>;

  // Replaces a socket that a dead process left at the path, but never another kind of file. Errors: kInvalid
  // (length of the path), kRefused (something that is no socket lies there), kIo.
  static Result<std::unique_ptr<LocalServer>> make(Loop& loop, LocalServerOptions options,
                                                   OnMessage on_message);
  // Closes all connections and removes the file.
  ~LocalServer();
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  // Answers the question under way. Nothing happens if the client has gone. One that does not take its answer
  // (a full socket: it has not read the ones before) is closed.
  void answer(Client client, std::string_view message);
  // Says something before the answer to the question under way; as answer() in all else.
  void tell(Client client, std::string_view message);
  // Closes a client whose message made no sense.
  void drop(Client client);

  LocalServerStats stats() const;

 private:
  struct Impl;
  explicit LocalServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace murmel::io
