// MysqlClient: one client of the MySQL port: the protocol on the loop, its SQL in a thread of its own.
//
//   bytes ──► mysql::Session ──Asked──► SqlSession (its thread) ──ReplyChannel──► mysql::Session ──► bytes
//
// At most one command is under way. When the connection is gone, what runs is ended and the SQLite
// connections are closed in their thread; then the host hears ended() and destroys the client. Loop thread
// only.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "agent/io/client_server.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/mysql/session.h"
#include "agent/service/client_list.h"
#include "agent/service/client_rights.h"
#include "agent/service/sql_session.h"
#include "agent/service/worker.h"

namespace murmel::service {

class MysqlClientHost {
 public:
  virtual ~MysqlClientHost() = default;
  // Of passwords of earlier logins, by verifier; empty: there was none.
  virtual std::string double_hash(const std::string& verifier) = 0;
  virtual void keep_double_hash(const std::string& verifier, std::string double_hash) = 0;
  virtual std::string statistics() = 0;
  // May destroy the client.
  virtual void ended(io::ClientId client) = 0;
};

// What a client finds; all of it outlives the client.
struct MysqlClientWorld {
  const OpenDatabases& databases;
  AccountStore& accounts;
  ClientList& clients;
  SessionHost& host;
};

struct MysqlClientOptions {
  io::ClientId client = 0;
  io::ClientPeer peer;
  mysql::SessionOptions session;
  SqlSessionOptions sql;
  Duration login_timeout;
  Duration idle_timeout;
};

class MysqlClient {
 public:
  MysqlClient(io::Loop& loop, io::ClientServer& server, MysqlClientHost& host, const MysqlClientWorld& world,
              MysqlClientOptions options);
  // Waits for what runs, which is told to end.
  ~MysqlClient();
  MysqlClient(const MysqlClient&) = delete;
  MysqlClient& operator=(const MysqlClient&) = delete;

  void received(std::string_view bytes);
  void drained();
  // The accounts have been read: who has been waiting for that logs in.
  void accounts_known();
  // Ends the statement under way.
  void interrupt() { sql_->interrupt(); }
  // Says why, and closes; ended() follows.
  void end(const mysql::ClientError& why);
  // The connection is gone; ended() follows.
  void closed();

 private:
  void pump();
  void handle(mysql::Event event);
  void on(const mysql::event::StartTls&);
  void on(const mysql::event::Login& login);
  void on(mysql::event::Authenticated in);
  void on(mysql::event::Asked asked);
  void on(const mysql::event::InfileData& data);
  void on(const mysql::event::Left& left);
  void look_up();
  void admitted(mysql::Answer<mysql::Outcome> begun);
  bool answer_here(const mysql::event::Asked& asked);
  void take_reply();
  void flush();

  io::Loop& loop_;
  io::ClientServer& server_;
  MysqlClientHost& host_;
  MysqlClientWorld world_;
  MysqlClientOptions options_;
  mysql::Session session_;
  std::optional<std::string> login_;      // a user who waits for the accounts
  std::optional<accounts::Login> found_;  // whom the password is asked for
  std::optional<ClientRights> rights_;    // once there was a login
  std::uint16_t status_ = mysql::kAutocommit;
  bool closed_ = false;
  bool paused_ = false;
  io::Timer deadline_;
  ReplyChannel channel_;
  std::unique_ptr<SqlSession> sql_;  // its thread's, but for interrupt() and abort()
  Worker worker_;
};

}  // namespace murmel::service
