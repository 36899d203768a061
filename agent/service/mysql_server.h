// MysqlServer: the MySQL port of this node: who may come in, who is there, and the databases they see. Loop
// thread only, but for what its clients ask for in theirs; outlived by the node.
//
// Users are those of the AccountStore. Until it has been read for the first time, who logs in waits.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "agent/base/result.h"
#include "agent/io/client_server.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/service/account_store.h"
#include "agent/service/client_list.h"
#include "agent/service/mysql_client.h"
#include "agent/service/mysql_host.h"
#include "agent/service/open_databases.h"
#include "agent/service/settings.h"
#include "agent/service/worker.h"

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
  Status open_keys();
  void take_databases();
  void look_at_members();
  void take_place();
  session::GlobalVariables::Values variables() const;
  void read_accounts();
  void accounts_read(const Status& status);
  void say_how_to_begin();
  void kill(std::uint32_t connection, bool query_only);

  // io::ClientEvents
  void connected(io::ClientId client, const io::ClientPeer& peer,
                 std::unique_ptr<io::ClientSocket> socket) override;
  void hung_up(io::ClientId client) override;
  // MysqlClientHost
  std::string double_hash(const std::string& verifier) override;
  void keep_double_hash(const std::string& verifier, std::string double_hash) override;
  std::string statistics() override;
  void ended(io::ClientId client) override;

  io::Loop& loop_;
  Node& node_;
  const MysqlSettings& settings_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::mutex double_hashes_mutex_;
  std::map<std::string, std::string> double_hashes_;  // guarded by it; by verifier; bounded
  std::optional<io::TlsContext> tls_;
  std::optional<mysql::RsaKey> key_;
  AccountStore accounts_;
  ClientList list_;
  std::optional<session::GlobalVariables> globals_;
  bool reading_accounts_ = false;
  bool accounts_changed_ = false;  // since reading began
  bool said_how_to_begin_ = false;
  bool placing_ = false;
  io::Timer read_again_;
  OpenDatabases databases_;
  MysqlHost host_;
  io::Timer members_timer_;
  std::unique_ptr<io::ClientServer> server_;
  std::map<io::ClientId, std::unique_ptr<MysqlClient>> clients_;
  Worker accounts_reader_;  // ends first
};

}  // namespace murmel::service
