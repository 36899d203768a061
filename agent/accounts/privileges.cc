#include "agent/accounts/privileges.h"

#include <array>

namespace murmel::accounts {
namespace {

struct Row {
  const char* name;
  Level deepest;
};

constexpr std::array<Row, kPrivileges> kRows = {{
    {"SELECT", Level::kTable},
    {"INSERT", Level::kTable},
    {"UPDATE", Level::kTable},
    {"DELETE", Level::kTable},
    {"CREATE", Level::kTable},
    {"DROP", Level::kTable},
    {"RELOAD", Level::kGlobal},
    {"SHUTDOWN", Level::kGlobal},
    {"PROCESS", Level::kGlobal},
    {"FILE", Level::kGlobal},
    {"REFERENCES", Level::kTable},
    {"INDEX", Level::kTable},
    {"ALTER", Level::kTable},
    {"SHOW DATABASES", Level::kGlobal},
    {"SUPER", Level::kGlobal},
    {"CREATE TEMPORARY TABLES", Level::kDatabase},
    {"LOCK TABLES", Level::kDatabase},
    {"EXECUTE", Level::kDatabase},
    {"REPLICATION SLAVE", Level::kGlobal},
    {"REPLICATION CLIENT", Level::kGlobal},
    {"CREATE VIEW", Level::kTable},
    {"SHOW VIEW", Level::kTable},
    {"CREATE ROUTINE", Level::kDatabase},
    {"ALTER ROUTINE", Level::kDatabase},
    {"CREATE USER", Level::kGlobal},
    {"EVENT", Level::kDatabase},
    {"TRIGGER", Level::kTable},
    {"CREATE TABLESPACE", Level::kGlobal},
    {"GRANT OPTION", Level::kTable},
}};

}  // namespace

PrivilegeSet grantable(Level level) {
  PrivilegeSet set;
  for (int i = 0; i < kPrivileges; ++i) {
    if (kRows[static_cast<std::size_t>(i)].deepest >= level) set |= static_cast<Privilege>(i);
  }
  return set;
}

const char* privilege_name(Privilege privilege) {
  return kRows[static_cast<std::size_t>(privilege)].name;
}

std::optional<Privilege> privilege_named(std::string_view name) {
  for (int i = 0; i < kPrivileges; ++i) {
    if (name == kRows[static_cast<std::size_t>(i)].name) return static_cast<Privilege>(i);
  }
  return std::nullopt;
}

std::string privilege_list(PrivilegeSet set, Level level) {
  set = set.without(Privilege::kGrantOption);
  if (set.empty()) return "USAGE";
  if (level != Level::kGlobal && (set | Privilege::kGrantOption).has_all(grantable(level))) {
    return "ALL PRIVILEGES";
  }
  std::string text;
  for (int i = 0; i < kPrivileges; ++i) {
    const auto privilege = static_cast<Privilege>(i);
    if (!set.has(privilege)) continue;
    if (!text.empty()) text += ", ";
    text += privilege_name(privilege);
  }
  return text;
}

}  // namespace murmel::accounts
