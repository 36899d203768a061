// Rules between configuration keys, and the form of names and addresses.
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "agent/config.h"
#include "agent/config_keys.h"

namespace murmel {
namespace {

using service::Settings;

constexpr std::size_t kSecretCharactersMin = 16;
constexpr std::size_t kClusterNameMax = 64;

Error contradiction(const std::string& what) {
  return {ErrorCode::kInvalid, "configuration: " + what};
}

bool is_plain_name(const std::string& name) {
  if (name.empty() || name.size() > kClusterNameMax || name[0] == '.') return false;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-' || c == '.';
    if (!plain) return false;
  }
  return true;
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Status check_addresses(const Settings& s) {
  TRY_ASSIGN(const HostPort listen, parse_host_port(s.cluster.listen));
  if (!s.cluster.advertise.empty()) {
    TRY_ASSIGN(const HostPort advertise, parse_host_port(s.cluster.advertise));
    if (advertise.port == 0) return contradiction("cluster.advertise needs a port other than 0");
  }
  for (const std::string& seed : s.cluster.seeds) TRY(parse_host_port(seed));
  if (!s.admin.listen.empty()) {
    TRY_ASSIGN(const HostPort admin, parse_host_port(s.admin.listen));
    if (admin.port != 0 && admin.port == listen.port && admin.host == listen.host) {
      return contradiction("cluster.listen and admin.listen are the same address");
    }
  }
  if (!is_loopback(listen.host) && s.cluster.secret.empty()) {
    return contradiction(fmt::format(
        "cluster.listen {} can be reached from other machines; set cluster.secret (or MURMEL_CLUSTER_SECRET)",
        s.cluster.listen));
  }
  const bool any = listen.host == "0.0.0.0" || listen.host == "::";
  if (any && s.cluster.advertise.empty()) {
    return contradiction(
        "cluster.listen is every interface; set cluster.advertise to the address others use");
  }
  return Ok{};
}

Status check_security(const Settings& s) {
  if (!s.cluster.secret.empty() && s.cluster.secret.size() < kSecretCharactersMin) {
    return contradiction(fmt::format("cluster.secret is shorter than {} characters", kSecretCharactersMin));
  }
  const bool cert = !s.peer.tls_cert.empty();
  const bool key = !s.peer.tls_key.empty();
  const bool ca = !s.peer.tls_ca.empty();
  if (cert != key || cert != ca) {
    return contradiction(
        "peer.tls_cert, peer.tls_key and peer.tls_ca belong together: set all three or none");
  }
  return Ok{};
}

Status check_timings(const Settings& s) {
  if (s.cluster.probe_timeout_ms >= s.cluster.gossip_interval_ms) {
    return contradiction("cluster.probe_timeout must be below cluster.gossip_interval");
  }
  if (s.peer.reconnect_interval_ms > s.peer.reconnect_interval_max_ms) {
    return contradiction("peer.reconnect_interval is above peer.reconnect_interval_max");
  }
  if (s.peer.push_bytes_max > s.peer.send_queue_bytes_max) {
    return contradiction("peer.push_bytes_max is above peer.send_queue_bytes_max");
  }
  const auto& r = s.replication;
  if (r.gc_max_retention_ms != 0 && r.gc_max_retention_ms < r.gc_min_retention_ms) {
    return contradiction("replication.gc_max_retention is below replication.gc_min_retention");
  }
  if (r.snapshot_chunk_bytes * 2 > s.peer.frame_bytes_max) {
    return contradiction("replication.snapshot_chunk_bytes must be at most half of peer.frame_bytes_max");
  }
  return Ok{};
}

Status check_databases(const Settings& s) {
  std::set<std::string> names;
  std::set<std::string> paths;
  for (const auto& database : s.databases) {
    if (!is_plain_name(database.name)) {
      return contradiction(fmt::format(
          "database name '{}' must be 1 to 64 letters, digits, '_', '-' or '.', not starting with '.'",
          database.name));
    }
    if (!names.insert(database.name).second) {
      return contradiction(fmt::format("two databases are named '{}'", database.name));
    }
    if (!paths.insert(database.path).second) {
      return contradiction(fmt::format("two databases have the path '{}'", database.path));
    }
  }
  if (static_cast<std::int64_t>(s.databases.size()) > s.limits.databases) {
    return contradiction("more [[database]] entries than limits.databases");
  }
  return Ok{};
}

}  // namespace

Result<HostPort> parse_host_port(const std::string& text) {
  const Error error{ErrorCode::kInvalid, fmt::format("'{}' is not host:port", text)};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return error;
  HostPort result;
  result.host = text.substr(0, colon);
  if (result.host.front() == '[') {
    if (result.host.size() < 3 || result.host.back() != ']') return error;
    result.host = result.host.substr(1, result.host.size() - 2);
  } else if (result.host.find(':') != std::string::npos) {
    return error;
  }
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data() + colon + 1, end, result.port);
  if (failure != std::errc{} || rest != end || result.port < 0 || result.port > 65535) return error;
  return result;
}

Status check_settings(const Settings& settings) {
  if (settings.data_dir.empty()) return contradiction("data_dir is empty");
  if (!is_plain_name(settings.cluster.name)) {
    return contradiction("cluster.name must be 1 to 64 letters, digits, '_', '-' or '.'");
  }
  TRY(check_addresses(settings));
  TRY(check_security(settings));
  TRY(check_timings(settings));
  return check_databases(settings);
}

}  // namespace murmel
