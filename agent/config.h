// Reading the configuration: TOML text -> Settings, every key checked against the table in config_keys.
// An unknown key is an error that names the line and the nearest valid key; so is a value outside its limits
// or two keys that contradict each other. toml++ stays inside config.cc. Main thread, before the loop runs.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/service/settings.h"

namespace murmel {

// Where each key that the file gives stands: "cluster.listen" -> "murmel.toml:12"; "database.2" is the second
// [[database]].
using KeyPlaces = std::map<std::string, std::string>;

// `source` names the text in messages: "murmel.toml:12: ...". Errors: kInvalid.
Result<service::Settings> parse_config(std::string_view text, const std::string& source,
                                       KeyPlaces* places = nullptr);

// Reads a file of at most 1 MiB. Errors: kNotFound, kInvalid.
Result<service::Settings> load_config(const std::string& path, KeyPlaces* places = nullptr);

// Rules between keys, and the form of names and addresses. To be called after flags and environment were
// taken in. Messages begin with the place of the key they are about, if the file gives it. Errors: kInvalid.
Status check_settings(const service::Settings& settings, const KeyPlaces& places = {});

// Takes MURMEL_CLUSTER_SECRET and MURMEL_MYSQL_ROOT_PASSWORD from the environment, where they are set.
void apply_environment(service::Settings* settings);

// The whole reference as a TOML file, with each key's value in `settings`. A secret is never printed.
std::string print_config(const service::Settings& settings);

// "host:port" -> both parts; "[::1]:80" has the host ::1. Errors: kInvalid.
struct HostPort {
  std::string host;
  int port = 0;
};
Result<HostPort> parse_host_port(const std::string& text);

}  // namespace murmel
