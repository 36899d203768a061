#include "agent/io/local_server.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "agent/io/loop.h"

using namespace murmel;
using namespace murmel::io;

namespace {

std::string framed(const std::string& message) {
  std::string frame;
  for (int shift = 0; shift < 32; shift += 8) frame.push_back(static_cast<char>(message.size() >> shift));
  return frame + message;
}

// A server that answers each message with "re: " and the message, at once or when told.
struct Fixture {
  explicit Fixture(LocalServerOptions options = {}) {
    std::string name = (std::filesystem::temp_directory_path() / "murmel-io-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    options.path = path();
    server = std::move(LocalServer::make(*loop, options,
                                         [this](LocalServer::Client client, const std::string& text) {
                                           messages.push_back(text);
                                           if (at_once) {
                                             server->answer(client, "re: " + text);
                                           } else {
                                             waiting.push_back(client);
                                           }
                                         }))
                 .value();
  }
  ~Fixture() {
    server.reset();
    std::filesystem::remove_all(folder);
  }
  std::string path() const { return folder + "/socket"; }
  void turn(int rounds = 4) {
    for (int i = 0; i < rounds; ++i) loop->run_for(milliseconds(1));
  }

  std::unique_ptr<Loop> loop = std::move(Loop::make()).value();
  std::string folder;
  bool at_once = true;
  std::vector<std::string> messages;
  std::vector<LocalServer::Client> waiting;
  std::unique_ptr<LocalServer> server;
};

struct Client {
  explicit Client(Fixture& to) : fixture(to), fd(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, fixture.path().c_str());
    REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    fixture.turn();
  }
  ~Client() { ::close(fd); }
  void send(const std::string& bytes) {
    CHECK(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    fixture.turn();
  }
  // What has come; nothing at the end of the stream.
  std::optional<std::string> received() {
    fixture.turn();
    char bytes[1 << 16];
    const ssize_t size = ::recv(fd, bytes, sizeof bytes, 0);
    if (size == 0 || (size < 0 && errno != EAGAIN)) return std::nullopt;
    return size < 0 ? "" : std::string(bytes, static_cast<std::size_t>(size));
  }

  Fixture& fixture;
  int fd;
};

}  // namespace

TEST_CASE("a question is answered, also when it comes byte by byte") {
  Fixture fixture;
  Client client(fixture);
  client.send(framed("one"));
  CHECK(client.received() == framed("re: one"));
  for (const char byte : framed("two")) client.send(std::string(1, byte));
  CHECK(client.received() == framed("re: two"));
}

TEST_CASE("only this user may connect") {
  const Fixture fixture;
  struct stat info {};
  REQUIRE(::stat(fixture.path().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("the next question of a client waits until the one before is answered") {
  Fixture fixture;
  fixture.at_once = false;
  Client client(fixture);
  Client other(fixture);
  client.send(framed("one") + framed("two"));
  other.send(framed("three"));
  REQUIRE(fixture.messages == std::vector<std::string>{"one", "three"});
  fixture.server->answer(fixture.waiting[0], "yes");
  CHECK(client.received() == framed("yes"));
  CHECK(fixture.messages.back() == "two");
}

TEST_CASE("something can be said before the answer") {
  Fixture fixture;
  fixture.at_once = false;
  Client client(fixture);
  client.send(framed("one"));
  fixture.server->tell(fixture.waiting[0], "wait");
  CHECK(client.received() == framed("wait"));
  fixture.server->answer(fixture.waiting[0], "yes");
  fixture.server->tell(fixture.waiting[0], "late");  // nothing is asked any more
  CHECK(client.received() == framed("yes"));
}

TEST_CASE("many questions at once are answered in order") {
  Fixture fixture;
  Client client(fixture);
  std::string bytes;
  std::string answers;
  for (int i = 0; i < 100; ++i) {
    bytes += framed("x");
    answers += framed("re: x");
  }
  client.send(bytes);
  std::string got;
  while (got.size() < answers.size()) {
    const auto more = client.received();
    if (!more || more->empty()) break;
    got += *more;
  }
  CHECK(got == answers);
}

TEST_CASE("who sends nonsense loses its own connection") {
  Fixture fixture(LocalServerOptions{.message_bytes_max = 1'000});
  Client good(fixture);
  for (const std::string& bad :
       {std::string(4, '\0'), std::string("\xff\xff\xff\x7f"), framed(std::string(1'001, 'x'))}) {
    Client client(fixture);
    client.send(bad);
    CHECK_FALSE(client.received().has_value());
  }
  CHECK(fixture.server->stats().broken == 3);
  good.send(framed("still here"));
  CHECK(good.received() == framed("re: still here"));
}

TEST_CASE("a client that was dropped, or went away while it was asked, gets no answer") {
  Fixture fixture;
  fixture.at_once = false;
  Client dropped(fixture);
  {
    Client gone(fixture);
    gone.send(framed("one"));
  }
  dropped.send(framed("two"));
  REQUIRE(fixture.waiting.size() == 2);
  fixture.server->answer(fixture.waiting[0], "too late");
  fixture.server->drop(fixture.waiting[1]);
  fixture.server->answer(fixture.waiting[1], "too late");
  CHECK_FALSE(dropped.received().has_value());
  CHECK(fixture.server->stats().clients == 0);
}

TEST_CASE("half a message has its time, and no longer") {
  Fixture fixture(LocalServerOptions{.half_message_max = milliseconds(-1)});
  Client half(fixture);
  Client idle(fixture);
  half.send("\x05");
  for (int i = 0; i < 300 && fixture.server->stats().broken == 0; ++i)
    fixture.loop->run_for(milliseconds(10));
  CHECK_FALSE(half.received().has_value());
  CHECK(idle.received() == "");
}

TEST_CASE("when all places are taken, the one that is idle the longest gives way after a while") {
  SUBCASE("not at once") {
    Fixture fixture(LocalServerOptions{.clients_max = 1, .idle_min = seconds(60)});
    Client first(fixture);
    Client second(fixture);
    CHECK_FALSE(second.received().has_value());
    CHECK(fixture.server->stats().refused == 1);
    CHECK(first.received() == "");
  }
  SUBCASE("but later") {
    Fixture fixture(LocalServerOptions{.clients_max = 1, .idle_min = Duration{}});
    Client first(fixture);
    Client second(fixture);
    CHECK_FALSE(first.received().has_value());
    second.send(framed("x"));
    CHECK(second.received() == framed("re: x"));
  }
}

TEST_CASE("what clients may have sent without an answer is limited over all of them") {
  Fixture fixture(LocalServerOptions{.message_bytes_max = 1 << 20, .buffered_bytes_max = 10'000});
  Client first(fixture);
  Client second(fixture);
  first.send(framed(std::string(100'000, 'x')).substr(0, 6'000));
  second.send(framed(std::string(100'000, 'x')).substr(0, 6'000));
  CHECK(first.received() == "");
  CHECK_FALSE(second.received().has_value());
}

TEST_CASE("another kind of file at the path stays, a dead socket is replaced") {
  Fixture fixture;
  const std::string file = fixture.folder + "/file";
  std::ofstream(file) << "mine";
  const auto refused = LocalServer::make(*fixture.loop, {.path = file}, [](auto, auto) {});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::kRefused);
  CHECK(std::filesystem::file_size(file) == 4);

  const std::string dead = fixture.folder + "/dead";
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, dead.c_str());
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(fd);
  CHECK(LocalServer::make(*fixture.loop, {.path = dead}, [](auto, auto) {}).ok());
}
