#include "agent/service/mysql_server.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "agent/io/endpoint.h"
#include "agent/io/key_files.h"
#include "agent/mysql/packets.h"
#include "agent/service/cluster_rows.h"
#include "agent/service/log.h"
#include "agent/service/node.h"
#include "agent/service/seed.h"
#include "agent/service/version.h"

namespace murmel::service {
namespace {

constexpr char kCertificateFile[] = "mysql-cert.pem";
constexpr char kKeyFile[] = "mysql-key.pem";
constexpr char kVariablesFile[] = "mysql-variables";  // of SET PERSIST
constexpr Duration kReadAgain = seconds(1);
constexpr std::size_t kDoubleHashesMax = 10'000;

// Of a file that TLS has read already.
std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string refusal() {
  mysql::Reply reply({.capabilities = mysql::kProtocol41, .sequence = 0});
  reply.error(mysql::too_many_connections());
  return reply.take();
}

std::string server_version() {
  return fmt::format("8.0.36-murmel-{}", version());
}

}  // namespace

MysqlServer::MysqlServer(io::Loop& loop, Node& node)
    : loop_(loop),
      node_(node),
      settings_(node.settings().mysql),
      accounts_(node.accounts_path(), settings_),
      list_([this](std::uint32_t connection, bool query_only) {
        INVARIANT(loop_.post([this, connection, query_only] { kill(connection, query_only); }));
      }),
      read_again_(loop, [this] { read_accounts(); }),
      host_(loop, node, list_),
      members_timer_(loop, [this] { look_at_members(); }),
      accounts_reader_("accounts") {}

MysqlServer::~MysqlServer() {
  host_.stop();
  node_.on_databases_changed(nullptr);
  node_.on_accounts_changed(nullptr);
}

Result<std::unique_ptr<MysqlServer>> MysqlServer::make(io::Loop& loop, Node& node) {
  std::unique_ptr<MysqlServer> server(new MysqlServer(loop, node));
  TRY(server->start());
  return server;
}

Status MysqlServer::start() {
  io::ClientServerOptions options;
  if (!settings_.listen.empty()) {
    TRY_ASSIGN(const io::HostPort address, io::parse_host_port(settings_.listen));
    options.host = address.host;
    options.port = address.port;
  }
  options.socket_path = settings_.socket;
  options.clients_max = static_cast<int>(settings_.connections_max);
  options.refusal = refusal();
  TRY(open_keys());
  TRY_ASSIGN(server_, io::ClientServer::make(loop_, options, *this));
  globals_.emplace(variables(), node_.data_dir().path() + "/" + kVariablesFile);
  TRY(globals_->read_file());
  host_.use_globals(*globals_);
  look_at_members();
  node_.on_databases_changed([this] { take_databases(); });
  take_databases();
  node_.on_accounts_changed([this] { read_accounts(); });
  log_info("mysql port open",
           {{"listen", settings_.listen}, {"port", server_->port()}, {"socket", settings_.socket}});
  return Ok{};
}

Status MysqlServer::open_keys() {
  std::string certificate = settings_.tls_cert;
  std::string key = settings_.tls_key;
  if (certificate.empty()) {
    certificate = node_.data_dir().path() + "/" + kCertificateFile;
    key = node_.data_dir().path() + "/" + kKeyFile;
    TRY(io::make_key_files(certificate, key, "murmel"));
  }
  TRY_ASSIGN(tls_, io::TlsContext::make_server(certificate, key));
  // A key of another kind does for TLS; passwords are not taken without TLS then.
  if (auto rsa = mysql::RsaKey::from_pem(text_of(key)); rsa.ok()) key_.emplace(std::move(rsa).value());
  return Ok{};
}

void MysqlServer::look_at_members() {
  constexpr Duration kEach = seconds(1);
  host_.members_changed();
  if (!clients_.empty()) take_place();
  members_timer_.start(kEach);
}

// A place for its numbers, before somebody inserts: then a majority may be out of reach. It is told when
// numbers are missing.
void MysqlServer::take_place() {
  if (host_.numbers().is_placed() || placing_) return;
  placing_ = true;
  accounts_reader_.post([this] {
    const auto placed = host_.numbers().place();
    if (!placed.ok())
      log_debug("no place for AUTO_INCREMENT numbers yet", {{"reason", placed.error().message}});
    INVARIANT(loop_.post([this] { placing_ = false; }));
  });
}

void MysqlServer::stop() {
  host_.stop();
  server_->stop_accepting();
  for (const auto& [client, open] : clients_) open->end(mysql::shutting_down());
}

void MysqlServer::take_databases() {
  std::map<std::string, OpenDatabase> open;
  for (const Replica* replica : node_.replicas().all()) {
    const bool shown = replica->state() == ReplicaState::kOpen && replica->name() != kCatalogName &&
                       replica->name() != kAccountsName;
    if (!shown) continue;
    open.emplace(name_for_clients(replica->name()),
                 OpenDatabase{replica->path(), replica->name(), replica->local_commits()});
  }
  databases_.set(std::move(open));
}

// What only this server knows of its variables.
session::GlobalVariables::Values MysqlServer::variables() const {
  return {
      {"version", server_version()},
      {"port", std::to_string(port())},
      {"socket", settings_.socket},
      {"datadir", node_.data_dir().path() + "/"},
      {"local_infile", settings_.local_infile == "on" ? "1" : "0"},
      {"secure_file_priv", settings_.secure_file_priv.empty() ? "NULL" : settings_.secure_file_priv + "/"},
      {"server_id", std::to_string(node_.id())},
      {"max_connections", std::to_string(settings_.connections_max)},
      {"max_allowed_packet", std::to_string(settings_.packet_bytes_max)},
      {"wait_timeout", std::to_string(settings_.idle_timeout_ms / 1'000)},
      {"interactive_timeout", std::to_string(settings_.idle_timeout_ms / 1'000)}};
}

// --- connections ------------------------------------------------------------------------------------------

void MysqlServer::connected(io::ClientId client, const io::ClientPeer& peer,
                            std::unique_ptr<io::ClientSocket> socket) {
  MysqlClientOptions options;
  options.client = client;
  options.peer = peer;
  options.session.server_version = server_version();
  options.session.connection = static_cast<std::uint32_t>(client);
  options.session.nonce = random_bytes(mysql::kNonceBytes);
  options.session.tls = !peer.local_socket;
  options.session.secure = peer.local_socket;
  options.session.key = key_.has_value() ? &*key_ : nullptr;
  options.session.packet_bytes_max = static_cast<std::size_t>(settings_.packet_bytes_max);
  options.sql.connection = static_cast<std::uint32_t>(client);
  options.sql.lock_wait_ms = static_cast<int>(settings_.lock_wait_timeout_ms);
  options.sql.extension_directory = settings_.extension_directory;
  options.sql.extensions = settings_.extensions;
  options.sql.temporary_directory = node_.data_dir().path();
  options.sql.files_directory = settings_.secure_file_priv;
  options.login_timeout = milliseconds(settings_.login_timeout_ms);
  options.idle_timeout = milliseconds(settings_.idle_timeout_ms);
  clients_[client] = std::make_unique<MysqlClient>(
      loop_, *this, MysqlClientWorld{databases_, accounts_, list_, host_, *tls_}, std::move(options),
      std::move(socket));
}

void MysqlServer::hung_up(io::ClientId client) {
  if (const auto found = clients_.find(client); found != clients_.end()) found->second->hung_up();
}

void MysqlServer::ended(io::ClientId client) {
  server_->gone(client);
  clients_.erase(client);
}

void MysqlServer::kill(std::uint32_t connection, bool query_only) {
  const auto found = clients_.find(connection);
  if (found == clients_.end()) return;
  query_only ? found->second->interrupt() : found->second->end(mysql::query_interrupted());
}

std::string MysqlServer::statistics() {
  const auto up = std::chrono::steady_clock::now() - started_;
  return fmt::format("Uptime: {}  Threads: {}", std::chrono::duration_cast<std::chrono::seconds>(up).count(),
                     list_.size());
}

// --- accounts -----------------------------------------------------------------------------------------

void MysqlServer::read_accounts() {
  if (reading_accounts_) {
    accounts_changed_ = true;
    return;
  }
  const Replica* replica = node_.replicas().find(kAccountsName);
  if (replica == nullptr || replica->state() != ReplicaState::kOpen) return;
  reading_accounts_ = true;
  accounts_changed_ = false;
  accounts_reader_.post([this] {
    INVARIANT(loop_.post([this, status = accounts_.refresh()] { accounts_read(status); }));
    host_.numbers().count_places();
  });
}

void MysqlServer::accounts_read(const Status& status) {
  reading_accounts_ = false;
  if (!status.ok()) {
    log_error("the accounts can't be read; trying again", {{"error", status.error().message}});
    return read_again_.start(kReadAgain);
  }
  if (!std::exchange(said_how_to_begin_, true)) say_how_to_begin();
  for (const auto& [client, open] : clients_) open->accounts_known();
  if (accounts_changed_) read_accounts();
}

// As long as root has no password.
void MysqlServer::say_how_to_begin() {
  const auto known = accounts_.accounts();
  if (!known->bootstrapped() || !known->bootstrap().verifier.empty()) return;
  if (known->bootstrap().loopback) {
    log_warn(
        "the mysql user root has no password, and may come from this machine; to set one: ALTER USER "
        "'root'@'localhost' IDENTIFIED BY '...'");
  } else if (known->rows().users.empty()) {
    log_warn("nobody can log in at the mysql port: set mysql.root_password, or MURMEL_MYSQL_ROOT_PASSWORD");
  }
}

std::string MysqlServer::double_hash(const std::string& verifier) {
  const std::lock_guard lock(double_hashes_mutex_);
  const auto found = double_hashes_.find(verifier);
  return found == double_hashes_.end() ? std::string() : found->second;
}

void MysqlServer::keep_double_hash(const std::string& verifier, std::string double_hash) {
  const std::lock_guard lock(double_hashes_mutex_);
  if (double_hashes_.size() >= kDoubleHashesMax) double_hashes_.clear();  // they come again by themselves
  double_hashes_[verifier] = std::move(double_hash);
}

}  // namespace murmel::service
