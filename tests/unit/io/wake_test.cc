// How the agent notices commits: datagrams, and changes of the -wal file.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "agent/io/file_watch.h"
#include "agent/io/wake_socket.h"
#include "tests/unit/io/link_fixture.h"

using namespace murmel;
using namespace murmel::io;

namespace {

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "murmel-io-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }
  std::filesystem::path path;
};

// As the extension does it.
int poke(const std::string& path, int times) {
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  int sent = 0;
  for (int i = 0; i < times; ++i) {
    const auto result =
        ::sendto(fd, "", 0, MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (result == 0) ++sent;
  }
  ::close(fd);
  return sent;
}

}  // namespace

TEST_CASE("many datagrams become one wake-up") {
  const auto loop = std::move(Loop::make()).value();
  const Folder folder;
  int woken = 0;
  auto socket = WakeSocket::make(*loop, folder.file("wake"), [&] { ++woken; });
  REQUIRE(socket.ok());
  CHECK(poke(folder.file("wake"), 5) > 0);
  CHECK(run_until(*loop, [&] { return woken > 0; }));
  loop->run_for(milliseconds(1));
  CHECK_EQ(woken, 1);
  CHECK(poke(folder.file("wake"), 1) == 1);
  CHECK(run_until(*loop, [&] { return woken == 2; }));
}

TEST_CASE("the socket's file goes with it, and a stale one is replaced") {
  const auto loop = std::move(Loop::make()).value();
  const Folder folder;
  const std::string path = folder.file("wake");
  {
    REQUIRE(WakeSocket::make(*loop, path, [] {}).ok());
  }
  CHECK_FALSE(std::filesystem::exists(path));

  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  REQUIRE(std::filesystem::exists(path));
  CHECK(WakeSocket::make(*loop, path, [] {}).ok());
}

TEST_CASE("a file that is no socket is left alone") {
  const auto loop = std::move(Loop::make()).value();
  const Folder folder;
  std::ofstream(folder.file("wake")) << "somebody's";
  const auto socket = WakeSocket::make(*loop, folder.file("wake"), [] {});
  REQUIRE_FALSE(socket.ok());
  CHECK(socket.error().code == ErrorCode::kRefused);
  CHECK(std::filesystem::file_size(folder.file("wake")) == 10);
}

TEST_CASE("a path that does not fit a Unix address is an error that says so") {
  const auto loop = std::move(Loop::make()).value();
  const auto socket = WakeSocket::make(*loop, "/tmp/" + std::string(kWakePathBytesMax, 'x'), [] {});
  REQUIRE_FALSE(socket.ok());
  CHECK(socket.error().message.find("shorter data directory") != std::string::npos);
}

TEST_CASE("writes to the -wal file lead to four looks each, also after the file was removed and made again") {
  const auto loop = std::move(Loop::make()).value();
  const Folder folder;
  int looks = 0;
  auto watch = FileWatch::make(
      *loop, folder.file("app.db"), [&] { ++looks; }, seconds(3600));
  REQUIRE(watch.ok());
  REQUIRE(watch->has_events());
  for (int round = 1; round <= 2; ++round) {
    std::ofstream(folder.file("app.db-wal")) << "frames";
    CHECK(run_until(*loop, [&] { return looks >= 4 * round; }));
    for (int i = 0; i < 10; ++i) loop->run_for(milliseconds(5));
    CHECK_EQ(looks, 4 * round);
    watch->found_commits();
    if (round == 1) {
      std::filesystem::remove(folder.file("app.db-wal"));
      CHECK(run_until(*loop, [&] { return looks == 8; }));
      for (int i = 0; i < 10; ++i) loop->run_for(milliseconds(5));
      watch->found_commits();
      looks = 4;
    }
  }
}

TEST_CASE("after looks that found nothing the next write leads to one, until something is found") {
  const auto loop = std::move(Loop::make()).value();
  const Folder folder;
  int looks = 0;
  auto watch = FileWatch::make(
      *loop, folder.file("app.db"), [&] { ++looks; }, seconds(3600));
  REQUIRE(watch.ok());
  const auto looks_after_write = [&] {
    looks = 0;
    std::ofstream(folder.file("app.db-wal")) << "frames";
    CHECK(run_until(*loop, [&] { return looks >= 1; }));
    for (int i = 0; i < 10; ++i) loop->run_for(milliseconds(5));
    return looks;
  };
  CHECK_EQ(looks_after_write(), 4);
  CHECK_EQ(looks_after_write(), 1);
  CHECK_EQ(looks_after_write(), 1);
  watch->found_commits();
  CHECK_EQ(looks_after_write(), 4);
}

TEST_CASE("other files beside the database are not looked at") {
  const auto loop = std::move(Loop::make()).value();
  const Folder folder;
  int looks = 0;
  auto watch = FileWatch::make(
      *loop, folder.file("app.db"), [&] { ++looks; }, seconds(3600));
  REQUIRE(watch.ok());
  std::ofstream(folder.file("app.db")) << "x";
  std::ofstream(folder.file("other.db-wal")) << "x";
  for (int i = 0; i < 10; ++i) loop->run_for(milliseconds(5));
  CHECK_EQ(looks, 0);
}

TEST_CASE("the poll looks without any event") {
  const auto loop = std::move(Loop::make()).value();
  const Folder folder;
  int looks = 0;
  auto watch = FileWatch::make(
      *loop, folder.file("app.db"), [&] { ++looks; }, milliseconds(2));
  REQUIRE(watch.ok());
  CHECK(run_until(*loop, [&] { return looks >= 3; }));
}

TEST_CASE("a folder that is not there is an error") {
  const auto loop = std::move(Loop::make()).value();
  CHECK_FALSE(FileWatch::make(*loop, "/nonexistent/app.db", [] {}).ok());
}
