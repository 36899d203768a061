// The configuration reference as a TOML file: `murmel agent --print-config`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "agent/config.h"
#include "agent/config_keys.h"

namespace murmel {
namespace {

constexpr std::array<std::string_view, 2> kSecretKeys = {"cluster.secret", "mysql.root_password"};

std::string toml_text(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result + "\"";
}

template <typename Owner>
std::string value_text(const ConfigKey<Owner>& key, Owner& owner) {
  if (std::find(kSecretKeys.begin(), kSecretKeys.end(), key.name) != kSecretKeys.end()) return "\"\"";
  switch (key.kind) {
    case KeyKind::kText:
    case KeyKind::kChoice: return toml_text(*std::get<0>(key.field)(owner));
    case KeyKind::kTextList: {
      std::string list;
      for (const auto& item : *std::get<1>(key.field)(owner))
        list += (list.empty() ? "" : ", ") + toml_text(item);
      return "[" + list + "]";
    }
    case KeyKind::kNumber: return std::to_string(*std::get<2>(key.field)(owner));
    case KeyKind::kDuration: return toml_text(print_duration(*std::get<2>(key.field)(owner)));
    case KeyKind::kSize: return toml_text(print_size(*std::get<2>(key.field)(owner)));
  }
  return "";
}

template <typename Owner>
std::string limits_text(const ConfigKey<Owner>& key) {
  switch (key.kind) {
    case KeyKind::kText:
    case KeyKind::kTextList: return "";
    case KeyKind::kChoice: return fmt::format(" ({})", key.choices);
    case KeyKind::kNumber: return fmt::format(" ({} to {})", key.minimum, key.maximum);
    case KeyKind::kDuration:
      return fmt::format(" ({} to {})", print_duration(key.minimum), print_duration(key.maximum));
    case KeyKind::kSize: return fmt::format(" ({} to {})", print_size(key.minimum), print_size(key.maximum));
  }
  return "";
}

template <typename Owner>
std::string entry(const ConfigKey<Owner>& key, const std::string& name, Owner& owner) {
  return fmt::format("# {}{}\n{} = {}\n", key.help, limits_text(key), name, value_text(key, owner));
}

}  // namespace

std::string print_config(const service::Settings& settings) {
  service::Settings values = settings;  // the table's accessors hand out mutable pointers
  std::string text = "# Murmel configuration: every key with its value, meaning and limits.\n\n";
  std::string section;
  for (const auto& key : settings_keys()) {
    const std::string full = key.name;
    const std::size_t dot = full.find('.');
    if (dot != std::string::npos && full.substr(0, dot) != section) {
      section = full.substr(0, dot);
      text += fmt::format("\n[{}]\n", section);
    }
    text += entry(key, dot == std::string::npos ? full : full.substr(dot + 1), values);
  }
  const bool sample = values.databases.empty();
  if (sample) {
    values.databases.emplace_back();
    values.databases.back().name = "app";
    values.databases.back().path = "app.db";
    text += "\n# One for each database:\n";
  }
  for (auto& database : values.databases) {
    std::string block = "[[database]]\n";
    for (const auto& key : database_keys()) block += entry(key, key.name, database);
    if (sample) {
      std::string commented = "#";
      for (const char c : block) commented += c == '\n' ? std::string("\n#") : std::string(1, c);
      commented.pop_back();
      block = commented;
    }
    text += "\n" + block;
  }
  return text;
}

}  // namespace murmel
