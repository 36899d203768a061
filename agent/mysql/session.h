// Session: the protocol of one connection as a machine. Bytes of the client go in, events come out; the host
// answers them, and bytes for the client come out. No socket, no clock, no thread.
//
//   kGreeting ──StartTls──► kGreeting          the host turns on TLS, then tls_started()
//      └─ Login ─► kAccount ──account()──► kProof ──Authenticated──► kAdmission ──admit()──► kReady
//   kReady ──Asked──► kBusy ──finished()──► kReady       send() any number of times before
//                       └─ wait_for_file() ─► kFile ──InfileData{last}──► kBusy
//   kReady ──COM_CHANGE_USER: Login──► kAccount
//   any ──malformed, refused, COM_QUIT: Left──► kGone    the host sends what there is, and closes
//
// Invariant: at most one command is unanswered; what the client sends meanwhile waits, and the host reads no
// more before it has answered. Statements that a client closes need no answer; their numbers come with the
// next command. Ping, SetOption and long data are answered here. One thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/mysql/authentication.h"
#include "agent/mysql/commands.h"
#include "agent/mysql/compression.h"
#include "agent/mysql/handshake.h"
#include "agent/mysql/packets.h"
#include "agent/mysql/statements.h"

namespace murmel::mysql {

struct SessionOptions {
  std::string server_version;
  std::uint32_t connection = 0;  // its number, for KILL
  std::string nonce;             // 20 random bytes; made printable here
  bool tls = false;              // is offered
  bool secure = false;           // a Unix socket: passwords may come as they are
  const RsaKey* key = nullptr;   // must outlive the session
  std::size_t packet_bytes_max = 64 << 20;
  std::size_t statements_max = 16'382;
};

namespace event {
struct StartTls {};
struct Login {
  std::string user;
};
struct Authenticated {
  std::string user;
  std::string database;  // empty: none yet
  std::uint16_t collation = 0;
  Attributes attributes;
  std::string double_hash;  // to be kept for the user's next logins, if not empty
  bool changed_user = false;
};
struct Asked {
  Command command;
  ReplyForm form;
  std::vector<std::uint32_t> closed_statements;  // before it
};
struct InfileData {
  std::string bytes;
  bool last = false;
  std::uint8_t next_sequence = 0;  // of the answer, once it is the last
};
struct Left {
  std::string reason;  // for the log; empty: as it should be
};
}  // namespace event

using Event = std::variant<event::StartTls, event::Login, event::Authenticated, event::Asked,
                           event::InfileData, event::Left>;

class Session {
 public:
  explicit Session(SessionOptions options);  // the greeting waits in take_output()

  void receive(std::string_view bytes);
  // What is to be done; nullopt: nothing until more bytes come or the last event is answered.
  std::optional<Event> next();
  std::string take_output() { return std::exchange(output_, {}); }
  std::size_t waiting_bytes() const { return output_.size(); }  // of output

  // Answers to StartTls. What came behind the request for TLS is part of it already.
  std::string take_rest() { return packets_.take_rest(); }
  void tls_started();
  // Answer to Login; nullopt: there is no such user. `host`: of the client, for the sentence of a refusal.
  void account(std::optional<Account> account, std::string_view host);
  // Answers to Authenticated.
  void admit(const Outcome& outcome);
  void refuse(const ClientError& error);

  // Answers to Asked: packets of a Reply of the event's form; then how the session stands.
  void send(std::string_view packets);
  struct Finish {
    std::uint16_t status = 0;
    bool leave = false;          // then the connection ends: COMMIT RELEASE
    std::uint32_t prepared = 0;  // the statement, if one was
    std::size_t parameters = 0;
  };
  void finished(const Finish& finish);
  // A Reply has asked the client for a file, and goes on behind the packet with number `next_sequence` - 1.
  void wait_for_file(std::uint8_t next_sequence);

  // The host ends the session: says why, if a client would listen.
  void end(const ClientError& why);

  bool ready() const { return state_ == State::kReady; }
  bool authenticated() const { return state_ >= State::kReady; }
  std::uint32_t capabilities() const { return capabilities_; }

 private:
  enum class State { kGreeting, kTls, kAccount, kProof, kAdmission, kReady, kBusy, kFile, kGone };

  std::optional<Event> take(std::string payload);
  std::optional<Event> take_login(std::string_view payload);
  std::optional<Event> take_command(std::string payload);
  std::optional<Event> take_statement_command(CommandCode code, std::string_view body);
  std::optional<Event> take_file(std::string payload);
  std::optional<Event> change_user(std::string_view body);
  std::optional<Event> ask(Command command, bool binary = false);
  std::optional<Event> fail(const ClientError& error);
  std::optional<Event> leave(std::string reason);
  Answer<std::optional<std::string>> next_payload();
  Event begin_login(LoginRequest login);
  void step(AuthStep step);
  void answer_ok(const Outcome& outcome);
  void answer_error(const ClientError& error);
  std::uint32_t offered() const;

  SessionOptions options_;
  State state_ = State::kGreeting;
  PacketReader packets_;
  std::optional<Compression> compression_;
  Statements statements_;
  std::uint32_t capabilities_ = 0;
  std::uint16_t status_ = kAutocommit;
  bool changing_user_ = false;
  std::uint32_t preparing_ = 0;
  std::string host_;
  LoginRequest login_;
  std::optional<Authentication> authentication_;
  std::deque<Event> events_;  // that follow from answers
  std::string output_;
};

}  // namespace murmel::mysql
