// Addresses: "host:port", "[v6]:port", and what they resolve to. resolve_now() blocks and is for start-up;
// Lookup asks in the background. Loop thread only.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/io/handle.h"

namespace murmel::io {

class Loop;

struct HostPort {
  std::string host;  // name or numeric address, without brackets
  std::uint16_t port = 0;
};

// Errors: kInvalid, with a sentence that shows the form.
Result<HostPort> parse_host_port(const std::string& text);
std::string to_string(const HostPort& address);

struct Endpoint {
  sockaddr_storage address{};

  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&address); }
  bool is_loopback() const;
  std::uint16_t port() const;
  std::string to_string() const;  // numeric
};

// What a listener binds to. Errors: kUnavailable (no such name).
Result<std::vector<Endpoint>> resolve_now(Loop& loop, const HostPort& address);

// One question to the resolver. Destroying it cancels the question.
class Lookup {
 public:
  using Done = std::function<void(Result<std::vector<Endpoint>>)>;
  // `done` is called later, once; it must not throw. Errors: kIo (the question could not be asked).
  static Result<Lookup> make(Loop& loop, const HostPort& address, Done done);

 private:
  struct State;
  explicit Lookup(Handle<State> state);
  Handle<State> state_;

 public:
  Lookup(Lookup&&) noexcept;
  Lookup& operator=(Lookup&&) noexcept;
  ~Lookup();
};

}  // namespace murmel::io
