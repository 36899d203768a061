// Rules between configuration keys, and the form of names and addresses.
#include <charconv>
#include <filesystem>
#include <initializer_list>
#include <set>

#include <fmt/format.h>

#include "agent/base/check.h"
#include "agent/config.h"
#include "agent/config_keys.h"

namespace murmel {
namespace {

using service::Settings;

constexpr std::size_t kSecretCharactersMin = 16;
constexpr std::size_t kClusterNameMax = 64;

// About `keys`: begins with the place of the first of them that the file gives.
Error contradiction(const KeyPlaces& places, std::initializer_list<std::string> keys,
                    const std::string& what) {
  for (const std::string& key : keys) {
    if (const auto place = places.find(key); place != places.end())
      return {ErrorCode::kInvalid, place->second + ": " + what};
  }
  return {ErrorCode::kInvalid, "configuration: " + what};
}

// One key may not be above (`below`: must be below) `share` of another.
struct Order {
  const char* smaller;
  const char* larger;
  std::int64_t divisor = 1;
  bool below = false;
  bool zero_is_no_limit = false;  // of the larger one
};
constexpr Order kOrders[] = {
    {.smaller = "cluster.probe_timeout", .larger = "cluster.gossip_interval", .below = true},
    {.smaller = "cluster.gossip_interval", .larger = "cluster.suspect_timeout"},
    {.smaller = "peer.reconnect_interval", .larger = "peer.reconnect_interval_max"},
    {.smaller = "peer.push_bytes_max", .larger = "peer.send_queue_bytes_max"},
    {.smaller = "peer.push_bytes_max", .larger = "peer.frame_bytes_max"},
    {.smaller = "replication.gc_min_retention",
     .larger = "replication.gc_max_retention",
     .zero_is_no_limit = true},
    {.smaller = "replication.snapshot_chunk_bytes", .larger = "peer.frame_bytes_max", .divisor = 2},
    {.smaller = "limits.apply_bytes", .larger = "limits.hold_back_bytes"},
};

struct Quantity {
  std::int64_t value = 0;
  std::string text;
};

Quantity quantity_of(Settings& settings, std::string_view name) {
  for (const auto& key : settings_keys()) {
    if (name != key.name) continue;
    const std::int64_t value = *std::get<2>(key.field)(settings);
    return {value, key.kind == KeyKind::kDuration ? print_duration(value) : print_size(value)};
  }
  INVARIANT(false);  // the table above names a key that there is none of
  return {};
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

Status check_addresses(const Settings& s, const KeyPlaces& places) {
  const auto address = [&places](const std::string& key, const std::string& text) -> Result<HostPort> {
    auto parsed = parse_host_port(text);
    if (!parsed.ok())
      return contradiction(places, {key}, fmt::format("'{}': {}", key, parsed.error().message));
    return parsed;
  };
  TRY_ASSIGN(const HostPort listen, address("cluster.listen", s.cluster.listen));
  if (!s.cluster.advertise.empty()) {
    TRY_ASSIGN(const HostPort advertise, address("cluster.advertise", s.cluster.advertise));
    if (advertise.port == 0)
      return contradiction(places, {"cluster.advertise"}, "'cluster.advertise' needs a port other than 0");
  }
  for (const std::string& seed : s.cluster.seeds) TRY(address("cluster.seeds", seed));
  if (!s.admin.listen.empty()) {
    TRY_ASSIGN(const HostPort admin, address("admin.listen", s.admin.listen));
    if (admin.port != 0 && admin.port == listen.port && admin.host == listen.host) {
      return contradiction(places, {"admin.listen", "cluster.listen"},
                           "cluster.listen and admin.listen are the same address");
    }
  }
  if (!s.mysql.listen.empty()) TRY(address("mysql.listen", s.mysql.listen));
  if (!is_loopback(listen.host) && s.cluster.secret.empty()) {
    return contradiction(places, {"cluster.listen"},
                         fmt::format("cluster.listen {} can be reached from other machines; set "
                                     "cluster.secret (or MURMEL_CLUSTER_SECRET)",
                                     s.cluster.listen));
  }
  const bool any = listen.host == "0.0.0.0" || listen.host == "::";
  if (any && s.cluster.advertise.empty()) {
    return contradiction(
        places, {"cluster.listen"},
        "cluster.listen is every interface; set cluster.advertise to the address others use");
  }
  return Ok{};
}

Status check_security(const Settings& s, const KeyPlaces& places) {
  if (!s.cluster.secret.empty() && s.cluster.secret.size() < kSecretCharactersMin) {
    return contradiction(places, {"cluster.secret"},
                         fmt::format("cluster.secret is shorter than {} characters", kSecretCharactersMin));
  }
  const bool cert = !s.peer.tls_cert.empty();
  const bool key = !s.peer.tls_key.empty();
  const bool ca = !s.peer.tls_ca.empty();
  if (cert != key || cert != ca) {
    return contradiction(
        places, {"peer.tls_cert", "peer.tls_key", "peer.tls_ca"},
        "peer.tls_cert, peer.tls_key and peer.tls_ca belong together: set all three or none");
  }
  if (s.mysql.tls_cert.empty() != s.mysql.tls_key.empty()) {
    return contradiction(places, {"mysql.tls_cert", "mysql.tls_key"},
                         "mysql.tls_cert and mysql.tls_key belong together: set both or none");
  }
  return Ok{};
}

Status check_orders(const Settings& s, const KeyPlaces& places) {
  Settings settings = s;  // the table's accessors hand out mutable pointers
  for (const Order& order : kOrders) {
    const Quantity smaller = quantity_of(settings, order.smaller);
    const Quantity larger = quantity_of(settings, order.larger);
    if (order.zero_is_no_limit && larger.value == 0) continue;
    const std::int64_t bound = larger.value / order.divisor;
    if (order.below ? smaller.value < bound : smaller.value <= bound) continue;
    const std::string share = order.divisor == 1 ? "" : fmt::format("1/{} of ", order.divisor);
    return contradiction(
        places, {order.smaller, order.larger},
        fmt::format("'{}' ({}) must {} {}'{}' ({})", order.smaller, smaller.text,
                    order.below ? "be below" : "not be above", share, order.larger, larger.text));
  }
  return Ok{};
}

Status check_databases(const Settings& s, const KeyPlaces& places) {
  if (s.cluster.role == "witness" && (!s.databases.empty() || !s.database_globs.empty())) {
    return contradiction(places, {"cluster.role"},
                         "a witness has no databases: take them out, or choose another role");
  }
  if (s.cluster.role == "witness" && !s.database_directory.empty()) {
    return contradiction(places, {"databases.directory", "cluster.role"},
                         "a witness has no databases: take out databases.directory, or choose another role");
  }
  if (s.cluster.role == "witness" && s.mysql.enabled()) {
    return contradiction(places, {"mysql.listen", "cluster.role"},
                         "a witness has no databases: take out the MySQL port, or choose another role");
  }
  for (const std::string& glob : s.database_globs) {
    const std::filesystem::path folder = std::filesystem::path(glob).parent_path();
    const std::filesystem::path directory = s.database_directory;
    if (!s.database_directory.empty() &&
        folder.lexically_normal() == (directory / "").lexically_normal().parent_path()) {
      return contradiction(places, {"databases.directory", "databases.glob"},
                           fmt::format("'databases.glob' ({}) looks into 'databases.directory'", glob));
    }
  }
  std::set<std::string> names;
  std::set<std::string> paths;
  int number = 0;
  for (const auto& database : s.databases) {
    const std::string entry = fmt::format("database.{}", ++number);
    if (!is_plain_name(database.name)) {
      return contradiction(
          places, {entry},
          fmt::format(
              "database name '{}' must be 1 to 64 letters, digits, '_', '-' or '.', not starting with '.'",
              database.name));
    }
    if (database.name == service::kCatalogName || database.name == service::kAccountsName) {
      return contradiction(places, {entry}, fmt::format("the name '{}' is Murmel's own", database.name));
    }
    if (!names.insert(database.name).second) {
      return contradiction(places, {entry}, fmt::format("two databases are named '{}'", database.name));
    }
    if (!paths.insert(database.path).second) {
      return contradiction(places, {entry}, fmt::format("two databases have the path '{}'", database.path));
    }
  }
  if (static_cast<std::int64_t>(s.databases.size()) > s.limits.databases) {
    return contradiction(places, {"limits.databases"}, "more [[database]] entries than limits.databases");
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

Status check_settings(const Settings& settings, const KeyPlaces& places) {
  if (settings.data_dir.empty()) return contradiction(places, {"data_dir"}, "'data_dir' is empty");
  if (!is_plain_name(settings.cluster.name)) {
    return contradiction(places, {"cluster.name"},
                         "cluster.name must be 1 to 64 letters, digits, '_', '-' or '.'");
  }
  TRY(check_addresses(settings, places));
  TRY(check_security(settings, places));
  TRY(check_orders(settings, places));
  return check_databases(settings, places);
}

}  // namespace murmel
