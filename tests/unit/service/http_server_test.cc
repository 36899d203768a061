#include "agent/service/http_server.h"

#include <optional>

#include <doctest/doctest.h>

#include "agent/io/timer.h"
#include "tests/unit/service/http_client.h"

namespace murmel::service {
namespace {

using test::exchange;
using test::request_text;

struct Fixture {
  std::unique_ptr<io::Loop> loop = std::move(io::Loop::make()).value();
  std::optional<HttpRequest> seen;
  HttpReply kept;  // of a request to /later
  std::unique_ptr<HttpServer> server;

  explicit Fixture(const HttpOptions& options = {}) {
    server = std::move(HttpServer::make(*loop, options, [this](const HttpRequest& request, HttpReply reply) {
               seen = request;
               if (request.path == "/later") {
                 kept = std::move(reply);
               } else {
                 reply({200, "text/plain", "hello"});
               }
             })).value();
  }
  std::string ask(const std::string& request) { return exchange(*loop, server->port(), request); }
};

}  // namespace

TEST_CASE("a request reaches the handler with method, path, query and body") {
  Fixture f;
  const std::string answer = f.ask(request_text("POST", "/a/b?x=1&y=two%20words", "", "body"));
  CHECK(answer.find("HTTP/1.1 200") == 0);
  CHECK(answer.ends_with("hello"));
  REQUIRE(f.seen);
  CHECK(f.seen->method == "POST");
  CHECK(f.seen->path == "/a/b");
  CHECK(f.seen->query.at("y") == "two words");
  CHECK(f.seen->body == "body");
}

TEST_CASE("an answer may come later") {
  Fixture f;
  io::Timer timer(*f.loop, [&] { f.kept({200, "text/plain", "at last"}); });
  timer.start(milliseconds(5));
  CHECK(f.ask(request_text("GET", "/later")).ends_with("at last"));
}

TEST_CASE("a body beyond the limit is refused and never seen") {
  HttpOptions options;
  options.body_bytes_max = 10;
  Fixture f(options);
  CHECK(f.ask(request_text("POST", "/", "", std::string(11, 'x'))).find("HTTP/1.1 413") == 0);
  CHECK_FALSE(f.seen);
  CHECK(f.ask(request_text("POST", "/", "", std::string(10, 'x'))).find("HTTP/1.1 200") == 0);
}

TEST_CASE("headers beyond the memory of a connection are refused") {
  Fixture f;
  const std::string answer = f.ask(request_text("GET", "/", "X-Long: " + std::string(100'000, 'x') + "\r\n"));
  CHECK(answer.find("HTTP/1.1 200") == std::string::npos);
  CHECK_FALSE(f.seen);
}

TEST_CASE("a request from a web page is refused") {
  Fixture f;
  CHECK(f.ask(request_text("GET", "/", "Origin: http://example.org\r\n")).find("HTTP/1.1 403") == 0);
  CHECK_FALSE(f.seen);
}

TEST_CASE("what is not HTTP does no harm") {
  Fixture f;
  f.ask(std::string("\x16\x03\x01\x00garbage\r\n\r\n", 14));
  CHECK_FALSE(f.seen);
  CHECK(f.ask(request_text("GET", "/")).ends_with("hello"));
}

TEST_CASE("a server may end while a request waits for its answer") {
  Fixture f;
  f.loop->run_for(milliseconds(1));
  io::Timer timer(*f.loop, [&] { f.server.reset(); });
  timer.start(milliseconds(20));
  const int port = f.server->port();
  CHECK(exchange(*f.loop, port, request_text("GET", "/later")).find("200") == std::string::npos);
}

TEST_CASE("a port that is taken is an error") {
  Fixture f;
  HttpOptions options;
  options.port = f.server->port();
  CHECK(HttpServer::make(*f.loop, options, [](const HttpRequest&, const HttpReply&) {}).error().code ==
        ErrorCode::kIo);
}

}  // namespace murmel::service
