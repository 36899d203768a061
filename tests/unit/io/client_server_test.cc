#include "agent/io/client_server.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/unit/io/link_fixture.h"
#include "tests/unit/io/raw_peer.h"

using namespace murmel;
using namespace murmel::io;

namespace {

struct Clients final : ClientEvents {
  explicit Clients(int most = 10) {
    ClientServerOptions options;
    options.host = "127.0.0.1";
    options.clients_max = most;
    options.refusal = "too many";
    server = std::move(ClientServer::make(*loop, options, *this)).value();
  }
  void connected(ClientId client, const ClientPeer& peer, std::unique_ptr<ClientSocket> socket) override {
    CHECK(peer.host == "127.0.0.1");
    CHECK(peer.loopback);
    ids.push_back(client);
    sockets.push_back(std::move(socket));
  }
  void hung_up(ClientId client) override { gone.push_back(client); }
  void accept(std::size_t count) {
    REQUIRE(run_until(*loop, [&] { return sockets.size() >= count; }));
  }

  std::unique_ptr<Loop> loop = std::move(Loop::make()).value();
  std::vector<ClientId> ids;
  std::vector<ClientId> gone;
  std::vector<std::unique_ptr<ClientSocket>> sockets;
  std::unique_ptr<ClientServer> server;
};

std::string received(int fd) {
  std::string bytes(100, '\0');
  const ssize_t size = ::recv(fd, bytes.data(), bytes.size(), 0);
  bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return bytes;
}

}  // namespace

TEST_CASE("A client's bytes are read and written without the loop") {
  Clients clients;
  RawPeer peer(*clients.loop, clients.server->port());
  clients.accept(1);
  ClientSocket& socket = *clients.sockets[0];
  peer.send("hello");
  CHECK(socket.read(kPatience).value() == "hello");
  CHECK(socket.write("you", kPatience).ok());
  CHECK(received(peer.fd()) == "you");
  CHECK(socket.read(milliseconds(1)).error().code == ErrorCode::kTimeout);
}

TEST_CASE("A hang-up is told while bytes wait, and they can still be read") {
  Clients clients;
  {
    RawPeer peer(*clients.loop, clients.server->port());
    clients.accept(1);
    peer.send("last words");
  }
  REQUIRE(run_until(*clients.loop, [&] { return !clients.gone.empty(); }));
  CHECK(clients.gone == clients.ids);
  CHECK(clients.sockets[0]->read(kPatience).value() == "last words");
  CHECK(clients.sockets[0]->read(kPatience).error().code == ErrorCode::kUnavailable);
}

TEST_CASE("Who is one too many is told so, until somebody has gone") {
  Clients clients(1);
  RawPeer first(*clients.loop, clients.server->port());
  clients.accept(1);
  RawPeer second(*clients.loop, clients.server->port());
  std::string told;
  std::thread reader([&] { told = received(second.fd()); });
  clients.loop->run_for(milliseconds(100));
  reader.join();
  CHECK(told == "too many");
  clients.server->gone(clients.ids[0]);
  RawPeer third(*clients.loop, clients.server->port());
  clients.accept(2);
}

TEST_CASE("A thread that waits for a client is woken, and has a last word") {
  Clients clients;
  RawPeer peer(*clients.loop, clients.server->port());
  clients.accept(1);
  ClientSocket& socket = *clients.sockets[0];
  std::thread reader([&] {
    CHECK(socket.read(kPatience).error().code == ErrorCode::kUnavailable);
    CHECK(socket.write("bye", kPatience).ok());
  });
  socket.stop_reading();
  reader.join();
  CHECK(received(peer.fd()) == "bye");
}

TEST_CASE("A thread that writes to a client who does not read is cut off") {
  Clients clients;
  RawPeer peer(*clients.loop, clients.server->port());
  clients.accept(1);
  ClientSocket& socket = *clients.sockets[0];
  std::thread writer([&] {
    const std::string much(64 << 20, 'x');
    CHECK(socket.write(much, kPatience).error().code == ErrorCode::kUnavailable);
  });
  socket.cut();
  writer.join();
}
