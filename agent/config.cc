#include "agent/config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

// Exceptions of toml++ are caught here and go no further.
#include <toml++/toml.h>

#include "agent/config_keys.h"

namespace murmel {
namespace {

using service::DatabaseSettings;
using service::Settings;

constexpr std::size_t kFileBytesMax = 1 << 20;
constexpr char kSecretVariable[] = "MURMEL_CLUSTER_SECRET";
constexpr char kRootPasswordVariable[] = "MURMEL_MYSQL_ROOT_PASSWORD";

// Where a value stands, for messages.
struct Place {
  const std::string& source;
  std::string key;

  Error error(const toml::node& node, const std::string& what) const {
    return {ErrorCode::kInvalid, fmt::format("{}:{}: {}", source, node.source().begin.line, what)};
  }
};

std::string bounds_text(KeyKind kind, std::int64_t minimum, std::int64_t maximum) {
  switch (kind) {
    case KeyKind::kDuration: return print_duration(minimum) + " to " + print_duration(maximum);
    case KeyKind::kSize: return print_size(minimum) + " to " + print_size(maximum);
    case KeyKind::kText:
    case KeyKind::kTextList: return fmt::format("{} to {} characters", minimum, maximum);
    case KeyKind::kNumber:
    case KeyKind::kChoice: break;
  }
  return fmt::format("{} to {}", minimum, maximum);
}

bool is_choice(std::string_view value, std::string_view choices) {
  while (!choices.empty()) {
    const auto end = std::min(choices.find('|'), choices.size());
    if (value == choices.substr(0, end)) return true;
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return false;
}

// The text of `node`, within the key's length. Never quotes the value: it may be a secret.
template <typename Owner>
Result<std::string> read_text(const toml::node& node, const ConfigKey<Owner>& key, const Place& place) {
  const auto value = node.value_exact<std::string>();
  if (!value) return place.error(node, fmt::format("'{}' must be a string", place.key));
  const auto length = static_cast<std::int64_t>(value->size());
  if (length < key.minimum || length > key.maximum || value->find('\0') != std::string::npos) {
    return place.error(node, fmt::format("'{}' must have {}", place.key,
                                         bounds_text(KeyKind::kText, key.minimum, key.maximum)));
  }
  return *value;
}

template <typename Owner>
Result<std::int64_t> read_number(const toml::node& node, const ConfigKey<Owner>& key, const Place& place) {
  std::int64_t number = 0;
  if (key.kind == KeyKind::kNumber) {
    const auto value = node.value_exact<std::int64_t>();
    if (!value) return place.error(node, fmt::format("'{}' must be a whole number", place.key));
    number = *value;
  } else {
    const bool is_size = key.kind == KeyKind::kSize;
    const auto value = node.value_exact<std::string>();
    if (!value || !(is_size ? parse_size(*value, &number) : parse_duration(*value, &number))) {
      return place.error(node,
                         fmt::format("'{}' must be a string with a unit, such as {}", place.key,
                                     is_size ? "\"64KiB\" or \"16MiB\"" : "\"500ms\", \"15s\" or \"2h\""));
    }
  }
  if (number < key.minimum || number > key.maximum) {
    return place.error(
        node, fmt::format("'{}' must be {}", place.key, bounds_text(key.kind, key.minimum, key.maximum)));
  }
  return number;
}

template <typename Owner>
Result<std::vector<std::string>> read_list(const toml::node& node, const ConfigKey<Owner>& key,
                                           const Place& place) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return place.error(node, fmt::format("'{}' must be a list of strings", place.key));
  std::vector<std::string> values;
  for (const toml::node& item : *array) {
    TRY_ASSIGN(values.emplace_back(), read_text(item, key, place));
  }
  return values;
}

template <typename Owner>
Status read_key(const toml::node& node, const ConfigKey<Owner>& key, const Place& place, Owner* owner) {
  switch (key.kind) {
    case KeyKind::kText:
    case KeyKind::kChoice: {
      TRY_ASSIGN(std::string value, read_text(node, key, place));
      if (key.kind == KeyKind::kChoice && !is_choice(value, key.choices)) {
        std::string choices = key.choices;
        for (std::size_t bar = 0; (bar = choices.find('|', bar)) != std::string::npos;) {
          choices.replace(bar, 1, ", ");
        }
        return place.error(node, fmt::format("'{}' must be one of: {}", place.key, choices));
      }
      *std::get<0>(key.field)(*owner) = std::move(value);
      return Ok{};
    }
    case KeyKind::kTextList: {
      TRY_ASSIGN(*std::get<1>(key.field)(*owner), read_list(node, key, place));
      return Ok{};
    }
    case KeyKind::kNumber:
    case KeyKind::kDuration:
    case KeyKind::kSize: {
      TRY_ASSIGN(*std::get<2>(key.field)(*owner), read_number(node, key, place));
      return Ok{};
    }
  }
  return Ok{};
}

template <typename Owner>
Error unknown_key(const toml::node& node, const Place& place, std::span<const ConfigKey<Owner>> keys) {
  std::vector<std::string> names;
  for (const auto& key : keys) names.emplace_back(key.name);
  if constexpr (std::is_same_v<Owner, Settings>) names.emplace_back("database");
  const std::string nearest = nearest_name(place.key, names);
  const std::string hint = nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest);
  return place.error(node, fmt::format("unknown key '{}'{}", place.key, hint));
}

void note_place(const toml::node& node, const std::string& name, const std::string& source,
                KeyPlaces* places) {
  if (places != nullptr) (*places)[name] = fmt::format("{}:{}", source, node.source().begin.line);
}

template <typename Owner>
Status read_named(const toml::node& node, const std::string& name, const std::string& source,
                  std::span<const ConfigKey<Owner>> keys, Owner* owner, KeyPlaces* places) {
  const Place place{source, name};
  note_place(node, name, source, places);
  for (const auto& key : keys) {
    if (name == key.name) return read_key(node, key, place, owner);
  }
  return unknown_key(node, place, keys);
}

Status read_databases(const toml::node& node, const std::string& source, Settings* settings,
                      KeyPlaces* places) {
  const Place place{source, "database"};
  const toml::array* entries = node.as_array();
  if (entries == nullptr || (!entries->empty() && !entries->is_homogeneous(toml::node_type::table))) {
    return place.error(node, "'database' must be written as [[database]], one for each database");
  }
  for (const toml::node& entry : *entries) {
    DatabaseSettings database;
    for (const auto& [key, value] : *entry.as_table()) {
      TRY(read_named(value, std::string(key.str()), source, database_keys(), &database, nullptr));
    }
    if (database.name.empty() || database.path.empty()) {
      return place.error(entry, "[[database]] needs both 'name' and 'path'");
    }
    settings->databases.push_back(std::move(database));
    note_place(entry, fmt::format("database.{}", settings->databases.size()), source, places);
  }
  return Ok{};
}

bool is_section(std::string_view name) {
  for (const auto& key : settings_keys()) {
    const std::string_view full = key.name;
    if (full.size() > name.size() && full.starts_with(name) && full[name.size()] == '.') return true;
  }
  return false;
}

Status read_section(const toml::table& table, const std::string& section, const std::string& source,
                    Settings* settings, KeyPlaces* places) {
  for (const auto& [key, value] : table) {
    TRY(read_named(value, section + "." + std::string(key.str()), source, settings_keys(), settings, places));
  }
  return Ok{};
}

Status read_root(const toml::table& root, const std::string& source, Settings* settings, KeyPlaces* places) {
  for (const auto& [key, value] : root) {
    const std::string name(key.str());
    if (name == "database") {
      TRY(read_databases(value, source, settings, places));
    } else if (value.is_table() && is_section(name)) {
      TRY(read_section(*value.as_table(), name, source, settings, places));
    } else if (value.is_table()) {
      std::vector<std::string> sections = {"cluster", "peer", "replication", "limits",
                                           "admin",   "log",  "databases",   "[database]"};
      const std::string nearest = nearest_name(name, sections);
      const std::string hint = nearest.empty() ? "" : fmt::format(" (did you mean [{}]?)", nearest);
      return Place{source, name}.error(value, fmt::format("unknown section [{}]{}", name, hint));
    } else {
      TRY(read_named(value, name, source, settings_keys(), settings, places));
    }
  }
  return Ok{};
}

}  // namespace

Result<Settings> parse_config(std::string_view text, const std::string& source, KeyPlaces* places) {
  if (text.size() > kFileBytesMax) return Error{ErrorCode::kInvalid, source + ": larger than 1 MiB"};
  Settings settings;
  try {
    const toml::table root = toml::parse(text, source);
    TRY(read_root(root, source, &settings, places));
  } catch (const toml::parse_error& failure) {
    return Error{ErrorCode::kInvalid, fmt::format("{}:{}: not valid TOML: {}", source,
                                                  failure.source().begin.line, failure.description())};
  }
  return settings;
}

Result<Settings> load_config(const std::string& path, KeyPlaces* places) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) {
    return Error{ErrorCode::kNotFound, "can't read the configuration file " + path};
  }
  std::string text(kFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse_config(text, path, places);
}

void apply_environment(Settings* settings) {
  if (const char* secret = std::getenv(kSecretVariable)) settings->cluster.secret = secret;
  if (const char* password = std::getenv(kRootPasswordVariable)) settings->mysql.root_password = password;
}

}  // namespace murmel
