#include "agent/service/mysql_client.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "agent/service/log.h"

namespace murmel::service {
namespace {

constexpr std::size_t kOutputBytes = 64 << 10;    // then it goes to the client before there is more
constexpr Duration kWritePatience = seconds(60);  // as net_write_timeout
constexpr Duration kLastWordPatience = seconds(1);
constexpr Duration kLeast = milliseconds(1);

mysql::ClientError inactive() {
  return {4031, "HY000", "The client was disconnected by the server because of inactivity."};
}

session::Counters::Place received_bytes() {
  static const auto kReceived = session::Counters::place("Bytes_received");
  return kReceived;
}

// Signals belong to the loop thread.
void begin_thread(std::uint32_t connection) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  constexpr std::size_t kThreadNameMax = 15;
  pthread_setname_np(pthread_self(),
                     ("mysql-" + std::to_string(connection)).substr(0, kThreadNameMax).c_str());
}

}  // namespace

MysqlClient::MysqlClient(io::Loop& loop, MysqlClientHost& host, const MysqlClientWorld& world,
                         MysqlClientOptions options, std::unique_ptr<io::ClientSocket> socket)
    : loop_(loop),
      host_(host),
      world_(world),
      options_(std::move(options)),
      login_until_(Clock::now() + std::chrono::nanoseconds(options_.login_timeout.ns)),
      socket_(std::move(socket)),
      session_(options_.session),
      sql_(std::make_unique<SqlSession>(world.databases, world.host, static_cast<ClientLine&>(*this),
                                        counters_, options_.sql)) {
  ClientEntry entry;
  entry.connection = options_.session.connection;
  entry.host = options_.peer.host;
  entry.command = "Connect";
  world_.clients.add(std::move(entry));
  count(session::Counters::place("Connections"), 1);
  thread_ = std::thread([this] { run(); });
}

MysqlClient::~MysqlClient() {
  hung_up();
  thread_.join();
  world_.clients.remove(options_.session.connection);
}

// --- the loop ---------------------------------------------------------------------------------------------

void MysqlClient::accounts_known() {
  const std::lock_guard lock(mutex_);
  accounts_known_ = true;
  changed_.notify_one();
}

void MysqlClient::interrupt() {
  const std::lock_guard lock(mutex_);
  if (sql_ != nullptr) sql_->interrupt();
}

void MysqlClient::hung_up() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  if (sql_ != nullptr) sql_->abort();
  socket_->cut();
  changed_.notify_one();
}

void MysqlClient::end(const mysql::ClientError& why) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(ending_, true)) return;
  why_ = why;
  if (sql_ != nullptr) sql_->abort();
  socket_->stop_reading();
  changed_.notify_one();
}

// --- the thread -------------------------------------------------------------------------------------------

void MysqlClient::run() {
  begin_thread(options_.session.connection);
  while (flush() && read_on() && take_events()) {
  }
  std::unique_lock lock(mutex_);
  if (why_.has_value()) session_.end(*why_);
  ending_ = true;
  lock.unlock();
  if (const std::string last = session_.take_output(); !last.empty()) {
    (void)socket_->write(last, kLastWordPatience);  // who has gone misses it
  }
  // So that nobody interrupts what is being destroyed; its SQLite connections close here.
  lock.lock();
  std::unique_ptr<SqlSession> sql = std::move(sql_);
  lock.unlock();
  sql.reset();
  socket_->cut();
  INVARIANT(loop_.post([this] { host_.ended(options_.client); }));
}

Duration MysqlClient::patience() const {
  if (session_.authenticated()) return options_.idle_timeout;
  const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(login_until_ - Clock::now());
  return std::max(Duration{left.count()}, kLeast);
}

bool MysqlClient::read_on() {
  const auto bytes = socket_->read(patience());
  if (bytes.ok()) {
    count(received_bytes(), bytes->size());
    session_.receive(*bytes);
    return true;
  }
  if (bytes.error().code == ErrorCode::kTimeout) session_.end(inactive());
  return false;
}

bool MysqlClient::take_events() {
  while (auto event = session_.next()) {
    const bool goes_on =
        std::visit([this](auto&& happened) { return on(std::forward<decltype(happened)>(happened)); },
                   std::move(*event));
    if (!goes_on) return false;
  }
  return true;
}

bool MysqlClient::flush() {
  const std::string output = session_.take_output();
  static const auto kSent = session::Counters::place("Bytes_sent");
  count(kSent, output.size());
  return output.empty() || socket_->write(output, kWritePatience).ok();
}

void MysqlClient::count(session::Counters::Place place, std::uint64_t count) {
  counters_.add(place, count);
  world_.host.counters().add(place, count);
}

bool MysqlClient::write(std::string_view packets) {
  session_.send(packets);
  return session_.waiting_bytes() < kOutputBytes || flush();
}

Result<mysql::event::InfileData> MysqlClient::read_file() {
  while (true) {
    if (auto event = session_.next()) {
      if (auto* data = std::get_if<mysql::event::InfileData>(&*event)) return std::move(*data);
      return Error{ErrorCode::kUnavailable, "the client has left"};
    }
    if (!flush()) return Error{ErrorCode::kUnavailable, "the client is gone"};
    TRY_ASSIGN(const std::string_view bytes, socket_->read(options_.idle_timeout));
    count(received_bytes(), bytes.size());
    session_.receive(bytes);
  }
}

// --- events: false ends the connection --------------------------------------------------------------------

bool MysqlClient::on(const mysql::event::StartTls&) {
  const std::string first = session_.take_rest();
  session_.tls_started();
  if (!flush()) return false;
  socket_->start_tls(world_.tls, first);
  tls_ = true;
  return true;
}

// Until the accounts have been read for the first time; null: the connection ends before that.
std::shared_ptr<const accounts::Accounts> MysqlClient::wait_for_accounts() {
  auto known = world_.accounts.accounts();
  if (known != nullptr) return known;
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, login_until_, [this] { return accounts_known_ || ending_; });
  return world_.accounts.accounts();
}

bool MysqlClient::on(const mysql::event::Login& login) {
  const auto known = wait_for_accounts();
  if (known == nullptr) return false;
  found_ = known->login(login.user, {options_.peer.host, options_.peer.loopback});
  if (!found_.has_value()) {
    session_.account(std::nullopt, options_.peer.host);
    return true;
  }
  const accounts::UserRow& user = found_->user;
  mysql::Account account;
  if (user.plugin == accounts::kNativePlugin) account.plugin = mysql::Account::Plugin::kNative;
  account.verifier = user.verifier;
  account.double_hash = host_.double_hash(user.verifier);
  session_.account(std::move(account), options_.peer.host);
  return true;
}

bool MysqlClient::on(mysql::event::Authenticated in) {
  const accounts::Client client{found_->id, in.user, options_.peer.host};
  if (!in.double_hash.empty()) host_.keep_double_hash(found_->user.verifier, std::move(in.double_hash));
  if (found_->user.locked) {
    session_.refuse(accounts::account_locked(client));
    return true;
  }
  if (found_->user.tls && !tls_) {
    session_.refuse(accounts::tls_needed(client));
    return true;
  }
  const std::uint32_t connection = options_.session.connection;
  log_debug("mysql login", {{"connection", connection},
                            {"user", in.user},
                            {"from", options_.peer.host},
                            {"account", accounts::quoted(client.account)}});
  world_.clients.logged_in(connection, client.account, client.user);
  rights_.emplace(world_.accounts, world_.clients, client, connection);
  const bool found_rows = (session_.capabilities() & mysql::kFoundRows) != 0;
  sql_->introduce(std::move(in.attributes));
  const auto begun = sql_->begin(in.database, *rights_, found_rows);
  begun.ok() ? session_.admit(*begun) : session_.refuse(begun.error());
  world_.clients.does(connection, "Sleep");
  return true;
}

bool MysqlClient::on(mysql::event::Asked asked) {
  if (answer_here(asked)) return true;
  const std::uint32_t connection = options_.session.connection;
  const auto* query = std::get_if<mysql::command::Query>(&asked.command);
  if (query != nullptr) {
    world_.clients.does(connection, "Query", query->sql);
  } else {
    const bool execute = std::holds_alternative<mysql::command::Execute>(asked.command);
    world_.clients.does(connection, execute ? "Execute" : "Prepare");
  }
  const auto finish = sql_->run(std::move(asked));
  if (!finish.has_value()) return false;
  status_ = finish->status;
  session_.finished(*finish);
  world_.clients.does(connection, "Sleep");
  return !finish->leave;
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

// Nobody reads the file that was asked for any more.
bool MysqlClient::on(const mysql::event::InfileData&) {
  return true;
}

bool MysqlClient::on(const mysql::event::Left& left) {
  if (!left.reason.empty()) {
    log_debug(
        "mysql client refused",
        {{"connection", options_.session.connection}, {"from", options_.peer.host}, {"why", left.reason}});
  }
  return false;
}

}  // namespace murmel::service
