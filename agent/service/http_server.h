// HttpServer: libmicrohttpd driven by our loop (its epoll set is one descriptor among the loop's), for the
// admin port. Requests come to one handler, which answers at once or later through Reply.
//
// Limits: connections, header memory, body size, idle time; whoever goes beyond is refused or cut off, and a
// slow client holds nothing but its own connection. Requests from web pages (an Origin header) are refused:
// the port has no password, and a browser must not become a way in.
// Loop thread only. Replies that were not given when the server ends are dropped.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/base/result.h"

namespace murmel::io {
class Loop;
}

namespace murmel::service {

struct HttpRequest {
  std::string method;
  std::string path;
  std::map<std::string, std::string> query;
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 0;  // 0: any free one
  std::int64_t connections_max = 32;
  std::int64_t body_bytes_max = 64 << 10;
  int idle_seconds_max = 30;
};

// To be called exactly once, on the loop thread, before the server is destroyed.
using HttpReply = std::function<void(HttpResponse)>;
using HttpHandler = std::function<void(const HttpRequest&, HttpReply)>;

class HttpServer {
 public:
  // Errors: kInvalid (address), kIo (in use, ...).
  static Result<std::unique_ptr<HttpServer>> make(io::Loop& loop, const HttpOptions& options,
                                                  HttpHandler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const;

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace murmel::service
