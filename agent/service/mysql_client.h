// MysqlClient: one client of the MySQL port: a thread that reads its socket, drives the protocol, and runs
// its SQL.
//
//   socket ──► mysql::Session ──Asked──► SqlSession ──packets──► mysql::Session ──► socket
//
// One command after the other; what the client sends ahead waits in the kernel. When the connection has
// ended, the SQLite connections are closed in the thread; then the host hears ended() on the loop, and
// destroys the client. Loop thread, but for what is marked.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "agent/io/client_server.h"
#include "agent/io/loop.h"
#include "agent/mysql/session.h"
#include "agent/service/client_line.h"
#include "agent/service/client_list.h"
#include "agent/service/client_rights.h"
#include "agent/service/sql_session.h"

namespace murmel::service {

class MysqlClientHost {
 public:
  virtual ~MysqlClientHost() = default;
  // Any thread. Of passwords of earlier logins, by verifier; empty: there was none.
  virtual std::string double_hash(const std::string& verifier) = 0;
  virtual void keep_double_hash(const std::string& verifier, std::string double_hash) = 0;
  virtual std::string statistics() = 0;
  // The loop; may destroy the client.
  virtual void ended(io::ClientId client) = 0;
};

// What a client finds; all of it outlives the client.
struct MysqlClientWorld {
  const OpenDatabases& databases;
  AccountStore& accounts;
  ClientList& clients;
  SessionHost& host;
  const io::TlsContext& tls;
};

struct MysqlClientOptions {
  io::ClientId client = 0;
  io::ClientPeer peer;
  mysql::SessionOptions session;
  SqlSessionOptions sql;
  Duration login_timeout;
  Duration idle_timeout;
};

class MysqlClient final : private ClientLine {
 public:
  MysqlClient(io::Loop& loop, MysqlClientHost& host, const MysqlClientWorld& world,
              MysqlClientOptions options, std::unique_ptr<io::ClientSocket> socket);
  // Waits for what runs, which is told to end.
  ~MysqlClient() override;
  MysqlClient(const MysqlClient&) = delete;
  MysqlClient& operator=(const MysqlClient&) = delete;

  // The accounts have been read: who has been waiting for that logs in.
  void accounts_known();
  // Ends the statement under way.
  void interrupt();
  // The same, as the client has gone; ended() follows.
  void hung_up();
  // The same, and says why to the client.
  void end(const mysql::ClientError& why);

 private:
  using Clock = std::chrono::steady_clock;

  // The thread's.
  void run();
  bool read_on();
  bool take_events();
  bool flush();
  Duration patience() const;
  bool on(const mysql::event::StartTls&);
  bool on(const mysql::event::Login& login);
  bool on(mysql::event::Authenticated in);
  bool on(mysql::event::Asked asked);
  bool on(const mysql::event::InfileData& data);
  bool on(const mysql::event::Left& left);
  bool answer_here(const mysql::event::Asked& asked);
  std::shared_ptr<const accounts::Accounts> wait_for_accounts();
  // ClientLine
  bool write(std::string_view packets) override;
  void count(session::Counters::Place place, std::uint64_t count);
  void expect_file(std::uint8_t next_sequence) override { session_.wait_for_file(next_sequence); }
  Result<mysql::event::InfileData> read_file() override;

  io::Loop& loop_;
  MysqlClientHost& host_;
  const MysqlClientWorld world_;
  const MysqlClientOptions options_;
  const Clock::time_point login_until_;
  const std::unique_ptr<io::ClientSocket> socket_;
  mysql::Session session_;
  std::optional<accounts::Login> found_;  // whom the password is asked for
  std::optional<ClientRights> rights_;    // once there was a login
  bool tls_ = false;
  std::uint16_t status_ = mysql::kAutocommit;
  session::Counters counters_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool accounts_known_ = false;            // guarded by mutex_
  std::optional<mysql::ClientError> why_;  // guarded by mutex_; of the end, if the client is to be told
  bool ending_ = false;                    // guarded by mutex_
  std::unique_ptr<SqlSession> sql_;        // the pointer is guarded by mutex_
  std::thread thread_;                     // last: it begins with all of the above
};

}  // namespace murmel::service
