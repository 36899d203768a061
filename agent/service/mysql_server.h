// MysqlServer: the MySQL port of this node: who may come in, who is there, and the databases they see. Loop
// thread only; outlived by the node.
//
// Users: `root` alone, with the password of the configuration, or without one from this machine if the
// configuration says so.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/base/result.h"
#include "agent/io/client_server.h"
#include "agent/io/loop.h"
#include "agent/service/mysql_client.h"
#include "agent/service/open_databases.h"
#include "agent/service/settings.h"

namespace murmel::service {

class Node;

class MysqlServer final : public io::ClientEvents, public MysqlClientHost {
 public:
  // Makes certificate and key in the data directory if the settings name none. Errors: as of
  // io::ClientServer::make, kIo.
  static Result<std::unique_ptr<MysqlServer>> make(io::Loop& loop, Node& node);
  ~MysqlServer() override;

  // Nobody is let in any more, and everybody is told to go.
  void stop();
  std::uint16_t port() const { return server_->port(); }

 private:
  MysqlServer(io::Loop& loop, Node& node);
  Status start();
  void take_databases();

  // io::ClientEvents
  void connected(io::ClientId client, const io::ClientPeer& peer) override;
  void received(io::ClientId client, std::string_view bytes) override;
  void drained(io::ClientId client) override;
  void closed(io::ClientId client, const Error& why) override;
  // MysqlClientHost
  std::optional<mysql::Account> account(const std::string& user, const io::ClientPeer& peer) override;
  void keep_double_hash(const std::string& user, std::string double_hash) override;
  std::string statistics() override;
  bool kill(std::uint32_t connection) override;
  void ended(io::ClientId client) override;

  io::Loop& loop_;
  Node& node_;
  const MysqlSettings& settings_;
  Instant started_;
  std::string verifier_;     // of root's password; empty: it has none
  std::string double_hash_;  // kept from root's first login
  std::optional<mysql::RsaKey> key_;
  OpenDatabases databases_;
  std::unique_ptr<io::ClientServer> server_;
  std::map<io::ClientId, std::unique_ptr<MysqlClient>> clients_;
};

}  // namespace murmel::service
