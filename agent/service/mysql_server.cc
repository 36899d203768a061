#include "agent/service/mysql_server.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "agent/io/endpoint.h"
#include "agent/io/key_files.h"
#include "agent/mysql/packets.h"
#include "agent/service/log.h"
#include "agent/service/node.h"
#include "agent/service/seed.h"
#include "agent/service/version.h"

namespace murmel::service {
namespace {

constexpr char kUser[] = "root";
constexpr char kCertificateFile[] = "mysql-cert.pem";
constexpr char kKeyFile[] = "mysql-key.pem";

std::string random_bytes(std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const Uuid part = random_uuid();
    bytes.append(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
  }
  bytes.resize(size);
  return bytes;
}

// Of a file that TLS has read already.
std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// What a kept password's salt may hold.
std::string random_salt() {
  std::string salt = random_bytes(mysql::kNonceBytes);
  for (char& c : salt) c = static_cast<char>('A' + (static_cast<unsigned char>(c) & 31));
  return salt;
}

std::string refusal() {
  mysql::Reply reply({.capabilities = mysql::kProtocol41, .sequence = 0});
  reply.error(mysql::too_many_connections());
  return reply.take();
}

// The name that clients use: those made by command are shop@2f1c9a34 among nodes.
std::string name_for_clients(const std::string& name) {
  return name.substr(0, name.find('@'));
}

}  // namespace

MysqlServer::MysqlServer(io::Loop& loop, Node& node)
    : loop_(loop), node_(node), settings_(node.settings().mysql), started_(loop.now()) {}

MysqlServer::~MysqlServer() {
  node_.on_databases_changed(nullptr);
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
  options.certificate = settings_.tls_cert;
  options.key = settings_.tls_key;
  if (options.certificate.empty()) {
    options.certificate = node_.data_dir().path() + "/" + kCertificateFile;
    options.key = node_.data_dir().path() + "/" + kKeyFile;
    TRY(io::make_key_files(options.certificate, options.key, "murmel"));
  }
  verifier_ = mysql::sha2_verifier(settings_.root_password, random_salt());
  TRY_ASSIGN(server_, io::ClientServer::make(loop_, options, *this));
  // A key of another kind does for TLS; passwords are not taken without TLS then.
  if (auto key = mysql::RsaKey::from_pem(text_of(options.key)); key.ok())
    key_.emplace(std::move(key).value());
  node_.on_databases_changed([this] { take_databases(); });
  take_databases();
  log_info("mysql port open",
           {{"listen", settings_.listen}, {"port", server_->port()}, {"socket", settings_.socket}});
  if (settings_.root_password.empty() && settings_.root_without_password == "never") {
    log_warn("nobody can log in at the mysql port: set mysql.root_password, or MURMEL_MYSQL_ROOT_PASSWORD");
  }
  return Ok{};
}

void MysqlServer::stop() {
  server_->stop_accepting();
  for (const auto& [client, open] : clients_) open->end(mysql::shutting_down());
}

void MysqlServer::take_databases() {
  std::map<std::string, std::string> paths;
  for (const Replica* replica : node_.replicas().all()) {
    const bool shown = replica->state() == ReplicaState::kOpen && replica->name() != kCatalogName;
    if (shown) paths.emplace(name_for_clients(replica->name()), replica->path());
  }
  databases_.set(std::move(paths));
}

// --- connections ------------------------------------------------------------------------------------------

void MysqlServer::connected(io::ClientId client, const io::ClientPeer& peer) {
  MysqlClientOptions options;
  options.client = client;
  options.peer = peer;
  options.session.server_version = fmt::format("8.0.36-murmel-{}", version());
  options.session.connection = static_cast<std::uint32_t>(client);
  options.session.nonce = random_bytes(mysql::kNonceBytes);
  options.session.tls = !peer.local_socket;
  options.session.secure = peer.local_socket;
  options.session.key = key_.has_value() ? &*key_ : nullptr;
  options.session.packet_bytes_max = static_cast<std::size_t>(settings_.packet_bytes_max);
  options.lock_wait_ms = static_cast<int>(settings_.lock_wait_timeout_ms);
  options.login_timeout = milliseconds(settings_.login_timeout_ms);
  options.idle_timeout = milliseconds(settings_.idle_timeout_ms);
  clients_[client] = std::make_unique<MysqlClient>(loop_, *server_, *this, databases_, std::move(options));
}

void MysqlServer::received(io::ClientId client, std::string_view bytes) {
  if (const auto found = clients_.find(client); found != clients_.end()) found->second->received(bytes);
}

void MysqlServer::drained(io::ClientId client) {
  if (const auto found = clients_.find(client); found != clients_.end()) found->second->drained();
}

void MysqlServer::closed(io::ClientId client, const Error&) {
  if (const auto found = clients_.find(client); found != clients_.end()) found->second->closed();
}

void MysqlServer::ended(io::ClientId client) {
  clients_.erase(client);
}

bool MysqlServer::kill(std::uint32_t connection) {
  const auto found = clients_.find(connection);
  if (found == clients_.end()) return false;
  found->second->end(mysql::query_interrupted());
  return true;
}

std::string MysqlServer::statistics() {
  return fmt::format("Uptime: {}  Threads: {}", (loop_.now() - started_).ms() / 1'000, clients_.size());
}

// --- users ------------------------------------------------------------------------------------------------

std::optional<mysql::Account> MysqlServer::account(const std::string& user, const io::ClientPeer& peer) {
  if (user != kUser) return std::nullopt;
  mysql::Account account;
  account.plugin = mysql::Account::Plugin::kSha2;
  account.verifier = verifier_;
  account.double_hash = double_hash_;
  if (verifier_.empty()) account.exists = settings_.root_without_password == "loopback" && peer.loopback;
  return account;
}

void MysqlServer::keep_double_hash(const std::string&, std::string double_hash) {
  double_hash_ = std::move(double_hash);
}

}  // namespace murmel::service
