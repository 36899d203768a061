#include "agent/service/http_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "agent/io/fd_watch.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"

namespace murmel::service {
namespace {

constexpr std::size_t kConnectionMemoryBytes = 32 << 10;  // request line and headers
constexpr int kBacklog = 64;

// A listening, non-blocking socket. The name is resolved once, at the start of the process.
Result<int> listen_on(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failure != 0) {
    return Error{ErrorCode::kInvalid, fmt::format("can't resolve {}: {}", host, gai_strerror(failure))};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, kBacklog) != 0) {
    const std::string reason = std::strerror(errno);
    if (fd >= 0) close(fd);
    return Error{ErrorCode::kIo, fmt::format("can't listen on {}:{}: {}", host, port, reason)};
  }
  return fd;
}

int port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

HttpResponse plain_error(int status, const std::string& sentence) {
  return {status, "application/json", fmt::format("{{\"error\":\"{}\"}}\n", sentence)};
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(io::Loop& loop, HttpOptions options, HttpHandler handler)
      : options_(std::move(options)), handler_(std::move(handler)), timer_(loop, [this] { run(); }) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ~Impl() {
    watch_.reset();
    if (daemon_ == nullptr) return;
    // A suspended connection must be resumed before the daemon may be stopped.
    for (auto& [id, exchange] : exchanges_) {
      if (exchange->suspended) MHD_resume_connection(exchange->connection);
      exchange->suspended = false;
    }
    MHD_stop_daemon(daemon_);
  }

  Status start(io::Loop& loop) {
    TRY_ASSIGN(const int fd, listen_on(options_.host, options_.port));
    port_ = port_of(fd);
    const MHD_OptionItem items[] = {
        {MHD_OPTION_LISTEN_SOCKET, fd, nullptr},
        {MHD_OPTION_CONNECTION_LIMIT, static_cast<intptr_t>(options_.connections_max), nullptr},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, static_cast<intptr_t>(kConnectionMemoryBytes), nullptr},
        {MHD_OPTION_CONNECTION_TIMEOUT, options_.idle_seconds_max, nullptr},
        {MHD_OPTION_NOTIFY_COMPLETED, reinterpret_cast<intptr_t>(&Impl::completed), this},
        {MHD_OPTION_END, 0, nullptr},
    };
    daemon_ = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, &Impl::access,
                               this, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    if (daemon_ == nullptr) {
      close(fd);
      return Error{ErrorCode::kIo, "the admin HTTP server could not be started"};
    }
    const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == nullptr) return Error{ErrorCode::kIo, "this libmicrohttpd was built without epoll"};
    TRY_ASSIGN(watch_, io::FdWatch::make(loop, info->epoll_fd, [this] { run(); }));
    return Ok{};
  }

  int port() const { return port_; }

 private:
  // One request under way; owned by exchanges_, known to libmicrohttpd by its address.
  struct Exchange {
    std::uint64_t id = 0;
    MHD_Connection* connection = nullptr;
    HttpRequest request;
    bool too_long = false;
    bool handed_over = false;
    bool suspended = false;
    std::optional<HttpResponse> response;
  };

  void run() {
    MHD_run(daemon_);
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    if (MHD_get_timeout(daemon_, &wait_ms) == MHD_YES) {
      timer_.start(milliseconds(static_cast<std::int64_t>(wait_ms)));
    } else {
      timer_.stop();
    }
  }

  static MHD_Result access(void* self, MHD_Connection* connection, const char* url, const char* method,
                           const char*, const char* upload, size_t* upload_size, void** slot) noexcept {
    return static_cast<Impl*>(self)->access(connection, url, method, upload, upload_size, slot);
  }

  // Called once when the headers are there, once for each piece of the body, once at its end, and again after
  // a suspended connection was resumed.
  MHD_Result access(MHD_Connection* connection, const char* url, const char* method, const char* upload,
                    size_t* upload_size, void** slot) {
    if (*slot == nullptr) {
      *slot = begin(connection, url, method);
      return MHD_YES;
    }
    auto* exchange = static_cast<Exchange*>(*slot);
    if (*upload_size > 0) {
      const std::size_t room =
          static_cast<std::size_t>(options_.body_bytes_max) - exchange->request.body.size();
      exchange->too_long = exchange->too_long || *upload_size > room;
      if (!exchange->too_long) exchange->request.body.append(upload, *upload_size);
      *upload_size = 0;
      return MHD_YES;
    }
    if (!exchange->handed_over) hand_over(exchange);
    if (exchange->response) return respond(connection, *exchange->response);
    exchange->suspended = true;
    MHD_suspend_connection(connection);
    return MHD_YES;
  }

  Exchange* begin(MHD_Connection* connection, const char* url, const char* method) {
    auto exchange = std::make_unique<Exchange>();
    exchange->id = ++last_id_;
    exchange->connection = connection;
    exchange->request.method = method;
    exchange->request.path = url;
    MHD_get_connection_values(
        connection, MHD_GET_ARGUMENT_KIND,
        [](void* request, MHD_ValueKind, const char* key, const char* value) -> MHD_Result {
          static_cast<HttpRequest*>(request)->query[key] = value == nullptr ? "" : value;
          return MHD_YES;
        },
        &exchange->request);
    Exchange* raw = exchange.get();
    exchanges_[raw->id] = std::move(exchange);
    return raw;
  }

  void hand_over(Exchange* exchange) {
    exchange->handed_over = true;
    if (exchange->too_long) {
      exchange->response = plain_error(413, "the request body is too long");
    } else if (MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Origin") != nullptr) {
      exchange->response = plain_error(403, "requests from web pages are refused");
    } else {
      handler_(exchange->request,
               [this, id = exchange->id](HttpResponse response) { reply(id, std::move(response)); });
    }
  }

  void reply(std::uint64_t id, HttpResponse response) {
    const auto found = exchanges_.find(id);
    if (found == exchanges_.end()) return;  // the client is gone
    Exchange& exchange = *found->second;
    exchange.response = std::move(response);
    if (!exchange.suspended) return;
    exchange.suspended = false;
    MHD_resume_connection(exchange.connection);
    timer_.start(Duration{});  // not from here: we may be inside the handler
  }

  MHD_Result respond(MHD_Connection* connection, const HttpResponse& response) {
    MHD_Response* made = MHD_create_response_from_buffer(
        response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
    if (made == nullptr) return MHD_NO;
    MHD_add_response_header(made, "Content-Type", response.content_type.c_str());
    MHD_add_response_header(made, "Cache-Control", "no-store");
    const MHD_Result result = MHD_queue_response(connection, static_cast<unsigned>(response.status), made);
    MHD_destroy_response(made);
    return result;
  }

  static void completed(void* self, MHD_Connection*, void** slot, MHD_RequestTerminationCode) noexcept {
    if (*slot == nullptr) return;
    static_cast<Impl*>(self)->exchanges_.erase(static_cast<Exchange*>(*slot)->id);
    *slot = nullptr;
  }

  HttpOptions options_;
  HttpHandler handler_;
  io::Timer timer_;
  std::optional<io::FdWatch> watch_;
  MHD_Daemon* daemon_ = nullptr;
  int port_ = 0;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Exchange>> exchanges_;
};

Result<std::unique_ptr<HttpServer>> HttpServer::make(io::Loop& loop, const HttpOptions& options,
                                                     HttpHandler handler) {
  auto impl = std::make_unique<Impl>(loop, options, std::move(handler));
  TRY(impl->start(loop));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;
int HttpServer::port() const {
  return impl_->port();
}

}  // namespace murmel::service
