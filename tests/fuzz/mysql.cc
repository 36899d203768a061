// A client's byte stream, cut into pieces whose size the first byte chooses, through a session of the MySQL
// protocol whose host says yes to everything: any user is let in, any statement can be prepared, with as many
// parameters as the second byte says, and each query asks for a file.
#include <algorithm>
#include <string>
#include <variant>

#include "agent/mysql/session.h"
#include "tests/fuzz/target.h"

using namespace murmel::mysql;

namespace {

constexpr std::size_t kPacketBytesMax = 1 << 16;

class Host {
 public:
  Host(bool secure, std::size_t parameters) : session_(options(secure)), parameters_(parameters) {}

  // False: the session is over.
  bool receive(std::string_view bytes) {
    session_.receive(bytes);
    while (auto event = session_.next()) {
      if (std::holds_alternative<event::Left>(*event)) return false;
      std::visit([this](const auto& happened) { on(happened); }, *event);
    }
    (void)session_.take_output();
    return true;
  }

 private:
  static SessionOptions options(bool secure) {
    SessionOptions options;
    options.server_version = "8.0.0";
    options.nonce = std::string(20, 'n');
    options.tls = !secure;
    options.secure = secure;
    options.packet_bytes_max = kPacketBytesMax;
    options.statements_max = 4;
    return options;
  }

  void on(const event::StartTls&) {
    const std::string rest = session_.take_rest();
    session_.tls_started();
    session_.receive(rest);
  }
  void on(const event::Login&) { session_.account(Account{}, "localhost"); }
  void on(const event::Authenticated&) { session_.admit({.status = kAutocommit}); }
  void on(const event::Asked& asked) {
    Reply reply(asked.form);
    Session::Finish finish{.status = kAutocommit};
    if (const auto* prepare = std::get_if<command::Prepare>(&asked.command)) {
      finish.prepared = prepare->statement;
      finish.parameters = parameters_;
    }
    if (const auto* execute = std::get_if<command::Execute>(&asked.command)) {
      must(execute->parameters.size() == parameters_);
    }
    if (std::holds_alternative<command::Query>(asked.command)) {
      reply.ask_for_file("f");
      session_.send(reply.take());
      return session_.wait_for_file(reply.sequence());
    }
    reply.ok({.status = kAutocommit});
    session_.send(reply.take());
    session_.finished(finish);
  }
  void on(const event::InfileData& data) {
    must(data.bytes.size() <= kPacketBytesMax);
    if (data.last) session_.finished({.status = kAutocommit});
  }
  void on(const event::Left&) {}

  Session session_;
  std::size_t parameters_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = std::size_t{data[0]} * 16 + 1;
  Host host((data[1] & 1) != 0, data[1] / 2);
  std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  while (!rest.empty()) {
    if (!host.receive(rest.substr(0, piece))) return 0;
    rest.remove_prefix(std::min(piece, rest.size()));
  }
  return 0;
}
