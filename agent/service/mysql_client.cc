#include "agent/service/mysql_client.h"

#include <utility>

#include "agent/service/log.h"

namespace murmel::service {

MysqlClient::MysqlClient(io::Loop& loop, io::ClientServer& server, MysqlClientHost& host,
                         const MysqlClientWorld& world, MysqlClientOptions options)
    : loop_(loop),
      server_(server),
      host_(host),
      world_(world),
      options_(std::move(options)),
      session_(options_.session),
      deadline_(loop,
                [this] {
                  end({4031, "HY000", "The client was disconnected by the server because of inactivity."});
                }),
      channel_([this] { INVARIANT(loop_.post([this] { take_reply(); })); }),
      sql_(std::make_unique<SqlSession>(world.databases, world.host, channel_, options_.sql)),
      worker_("mysql-" + std::to_string(options_.session.connection)) {
  ClientEntry entry;
  entry.connection = options_.session.connection;
  entry.host = options_.peer.host;
  entry.command = "Connect";
  world_.clients.add(std::move(entry));
  deadline_.start(options_.login_timeout);
  flush();
}

MysqlClient::~MysqlClient() {
  world_.clients.remove(options_.session.connection);
  channel_.abandon();
  if (!closed_) sql_->abort();  // else it was told, and belongs to the thread until that ends
}

// --- bytes ------------------------------------------------------------------------------------------------

void MysqlClient::received(std::string_view bytes) {
  if (closed_) return;
  session_.receive(bytes);
  pump();
}

void MysqlClient::pump() {
  while (auto event = session_.next()) handle(std::move(*event));
  flush();
  const bool wanted = session_.wants_bytes();
  if (wanted == !paused_) return;
  paused_ = !wanted;
  paused_ ? server_.pause(options_.client) : server_.resume(options_.client);
}

void MysqlClient::flush() {
  const std::string output = session_.take_output();
  if (!output.empty()) server_.send(options_.client, output);
}

void MysqlClient::drained() {
  if (!closed_) take_reply();
}

// A client that reads slowly stops the thread that answers it: nothing is taken while much is under way.
void MysqlClient::take_reply() {
  if (closed_ || server_.queued(options_.client) > ReplyChannel::kBytesMax) return;
  const ReplyChannel::Piece piece = channel_.take();
  session_.send(piece.packets);
  if (piece.finish.has_value()) {
    status_ = piece.finish->status;
    session_.finished(*piece.finish);
    world_.clients.does(options_.session.connection, "Sleep");
    deadline_.start(options_.idle_timeout);
  }
  pump();
}

void MysqlClient::end(const mysql::ClientError& why) {
  session_.end(why);
  flush();
  server_.close(options_.client);
}

void MysqlClient::closed() {
  closed_ = true;
  deadline_.stop();
  channel_.abandon();
  sql_->abort();
  worker_.post([this] {
    sql_.reset();
    INVARIANT(loop_.post([this] { host_.ended(options_.client); }));
  });
}

// --- events -----------------------------------------------------------------------------------------------

void MysqlClient::handle(mysql::Event event) {
  std::visit([this](auto&& happened) { on(std::forward<decltype(happened)>(happened)); }, std::move(event));
}

void MysqlClient::on(const mysql::event::StartTls&) {
  const std::string first = session_.take_rest();
  session_.tls_started();
  flush();
  server_.start_tls(options_.client, first);
}

void MysqlClient::on(const mysql::event::Login& login) {
  login_ = login.user;
  look_up();
}

void MysqlClient::accounts_known() {
  if (closed_ || !login_.has_value()) return;
  look_up();
  pump();
}

void MysqlClient::look_up() {
  const auto known = world_.accounts.accounts();
  if (known == nullptr) return;  // accounts_known() follows
  found_ = known->login(*login_, {options_.peer.host, options_.peer.loopback});
  login_.reset();
  if (!found_.has_value()) return session_.account(std::nullopt, options_.peer.host);
  const accounts::UserRow& user = found_->user;
  mysql::Account account;
  if (user.plugin == accounts::kNativePlugin) account.plugin = mysql::Account::Plugin::kNative;
  account.verifier = user.verifier;
  account.double_hash = host_.double_hash(user.verifier);
  session_.account(std::move(account), options_.peer.host);
}

void MysqlClient::on(mysql::event::Authenticated in) {
  const accounts::Client client{found_->id, in.user, options_.peer.host};
  if (!in.double_hash.empty()) host_.keep_double_hash(found_->user.verifier, std::move(in.double_hash));
  if (found_->user.locked) return session_.refuse(accounts::account_locked(client));
  const std::uint32_t connection = options_.session.connection;
  log_debug("mysql login", {{"connection", connection},
                            {"user", in.user},
                            {"from", options_.peer.host},
                            {"account", accounts::quoted(client.account)}});
  world_.clients.logged_in(connection, client.account, client.user);
  rights_.emplace(world_.accounts, world_.clients, client, connection);
  const bool found_rows = (session_.capabilities() & mysql::kFoundRows) != 0;
  worker_.post([this, database = std::move(in.database), rights = *rights_, found_rows] {
    auto begun = sql_->begin(database, rights, found_rows);
    INVARIANT(loop_.post([this, begun = std::move(begun)]() mutable { admitted(std::move(begun)); }));
  });
}

void MysqlClient::admitted(mysql::Answer<mysql::Outcome> begun) {
  if (closed_) return;
  begun.ok() ? session_.admit(*begun) : session_.refuse(begun.error());
  world_.clients.does(options_.session.connection, "Sleep");
  deadline_.start(options_.idle_timeout);
  pump();
}

void MysqlClient::on(mysql::event::Asked asked) {
  if (answer_here(asked)) return;
  deadline_.stop();
  const auto* query = std::get_if<mysql::command::Query>(&asked.command);
  if (query != nullptr) {
    world_.clients.does(options_.session.connection, "Query", query->sql);
  } else {
    const bool execute = std::holds_alternative<mysql::command::Execute>(asked.command);
    world_.clients.does(options_.session.connection, execute ? "Execute" : "Prepare");
  }
  worker_.post([this, asked = std::move(asked)]() mutable { sql_->run(std::move(asked)); });
}

bool MysqlClient::answer_here(const mysql::event::Asked& asked) {
  mysql::Reply reply(asked.form);
  if (std::holds_alternative<mysql::command::Statistics>(asked.command)) {
    reply.text(host_.statistics());
  } else if (const auto* kill = std::get_if<mysql::command::Kill>(&asked.command)) {
    if (const auto refusal = rights_->kill(kill->connection, false)) {
      reply.error(*refusal);
    } else {
      reply.ok({.status = status_});
    }
  } else {
    return false;
  }
  session_.send(reply.take());
  session_.finished({.status = status_});
  return true;
}

// LOAD DATA LOCAL is not offered, so nobody was asked for a file.
void MysqlClient::on(const mysql::event::InfileData&) {
  end(mysql::local_files_off());
}

void MysqlClient::on(const mysql::event::Left& left) {
  if (!left.reason.empty()) {
    log_debug(
        "mysql client refused",
        {{"connection", options_.session.connection}, {"from", options_.peer.host}, {"why", left.reason}});
  }
  flush();
  server_.close(options_.client);
}

}  // namespace murmel::service
