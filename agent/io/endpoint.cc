#include "agent/io/endpoint.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <uv.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>

#include "agent/io/loop.h"
#include "agent/io/uv_error.h"

namespace murmel::io {
namespace {

constexpr std::size_t kHostBytesMax = 253;  // a DNS name
constexpr std::size_t kEndpointsMax = 64;   // of one name; the rest is not tried

Error bad_address(const std::string& text) {
  return {ErrorCode::kInvalid, "'" + text + "' is no address; write host:port or [IPv6]:port"};
}

addrinfo stream_hints() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  return hints;
}

std::vector<Endpoint> endpoints_of(const addrinfo* list) {
  std::vector<Endpoint> endpoints;
  for (const addrinfo* item = list; item != nullptr && endpoints.size() < kEndpointsMax;
       item = item->ai_next) {
    const bool internet = item->ai_family == AF_INET || item->ai_family == AF_INET6;
    if (!internet || item->ai_addrlen > sizeof(sockaddr_storage)) continue;
    Endpoint endpoint;
    std::memcpy(&endpoint.address, item->ai_addr, item->ai_addrlen);
    endpoints.push_back(endpoint);
  }
  return endpoints;
}

}  // namespace

Result<HostPort> parse_host_port(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return bad_address(text);
  std::string host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool colon_inside = host.find(':') != std::string::npos;
  if (host.empty() || host.size() > kHostBytesMax || colon_inside != bracketed) return bad_address(text);
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
  if (parsed.ec != std::errc() || parsed.ptr != end || port == 0) return bad_address(text);
  return HostPort{host, port};
}

std::string to_string(const HostPort& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

bool Endpoint::is_loopback() const {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  return address.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

std::uint16_t Endpoint::port() const {
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
}

std::string Endpoint::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    uv_ip4_name(reinterpret_cast<const sockaddr_in*>(&address), text.data(), text.size());
  } else {
    uv_ip6_name(reinterpret_cast<const sockaddr_in6*>(&address), text.data(), text.size());
  }
  return io::to_string(HostPort{text.data(), port()});
}

Result<std::vector<Endpoint>> resolve_now(Loop& loop, const HostPort& address) {
  uv_getaddrinfo_t request{};
  const addrinfo hints = stream_hints();
  const std::string port = std::to_string(address.port);
  const int status =
      uv_getaddrinfo(loop.handle(), &request, nullptr, address.host.c_str(), port.c_str(), &hints);
  if (status != 0) return uv_error("look up " + address.host, status);
  std::vector<Endpoint> endpoints = endpoints_of(request.addrinfo);
  uv_freeaddrinfo(request.addrinfo);
  return endpoints;
}

struct Lookup::State {
  uv_getaddrinfo_t request{};
  Loop* loop = nullptr;
  std::string host;
  Done done;
  bool asking = false;     // libuv refers to this memory
  bool abandoned = false;  // nobody waits for the answer any more

  static void answered(uv_getaddrinfo_t* request, int status, addrinfo* list) noexcept {
    auto* state = static_cast<State*>(request->data);
    state->asking = false;
    state->loop->count_look_up(-1);
    const std::unique_ptr<addrinfo, decltype(&uv_freeaddrinfo)> owned(list, uv_freeaddrinfo);
    if (state->abandoned) {
      delete state;
      return;
    }
    const Done done = std::move(state->done);  // it may destroy the Lookup
    if (status != 0) {
      done(uv_error("look up " + state->host, status));
    } else {
      done(endpoints_of(list));
    }
  }

  static void close(State* state) noexcept {
    if (!state->asking) {
      delete state;
      return;
    }
    state->abandoned = true;
    uv_cancel(reinterpret_cast<uv_req_t*>(&state->request));  // if too late, the answer comes and is dropped
  }
};

Result<Lookup> Lookup::make(Loop& loop, const HostPort& address, Done done) {
  Handle<State> state(new State);
  state->loop = &loop;
  state->host = address.host;
  state->done = std::move(done);
  state->request.data = state.get();
  const addrinfo hints = stream_hints();
  const std::string port = std::to_string(address.port);
  const int status = uv_getaddrinfo(loop.handle(), &state->request, State::answered, address.host.c_str(),
                                    port.c_str(), &hints);
  if (status != 0) return uv_error("look up " + address.host, status);
  state->asking = true;
  loop.count_look_up(+1);
  return Lookup(std::move(state));
}

Lookup::Lookup(Handle<State> state) : state_(std::move(state)) {}
Lookup::Lookup(Lookup&&) noexcept = default;
Lookup& Lookup::operator=(Lookup&&) noexcept = default;
Lookup::~Lookup() = default;

}  // namespace murmel::io
