#include "agent/service/client_errors.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/sql/resolve.h"

namespace murmel::service {
namespace {

using mysql::ClientError;

// SQLite's extended result codes (sqlite.org/rescode.html); its header stays in agent/store.
enum SqliteCode {
  kBusy = 5,
  kInterrupt = 9,
  kReadOnly = 8,
  kFull = 13,
  kConstraint = 19,
  kAuth = 23,
  kTooBig = 18,
  kBusySnapshot = 5 | 2 << 8,
  kCheck = 19 | 1 << 8,
  kCommitHook = 19 | 2 << 8,
  kForeignKey = 19 | 3 << 8,
  kNotNull = 19 | 5 << 8,
  kPrimaryKey = 19 | 6 << 8,
  kUnique = 19 | 8 << 8,
  kRowid = 19 | 10 << 8,
};

// What follows `prefix`, if the sentence begins with it.
std::optional<std::string> after(const std::string& sentence, std::string_view prefix) {
  if (!sentence.starts_with(prefix)) return std::nullopt;
  return sentence.substr(prefix.size());
}

// "t.a, t.b" -> "b".
std::string last_column(const std::string& columns) {
  return columns.substr(columns.rfind('.') + 1);
}

ClientError constraint_error(const store::ClientFault& fault) {
  switch (fault.code) {
    case kUnique:
    case kPrimaryKey:
    case kRowid: {
      const std::string columns = after(fault.message, "UNIQUE constraint failed: ").value_or("");
      const std::string table = columns.substr(0, columns.find('.'));
      const std::string key = fault.code == kUnique ? last_column(columns) : "PRIMARY";
      return {1062, "23000", fmt::format("Duplicate entry for key '{}.{}'", table, key)};
    }
    case kNotNull:
      return {1048, "23000", fmt::format("Column '{}' cannot be null", last_column(fault.message))};
    case kForeignKey:
      return {1452, "23000", "Cannot add or update a child row: a foreign key constraint fails"};
    case kCheck: {
      const auto name = after(fault.message, "CHECK constraint failed: ");
      return {3819, "HY000", fmt::format("Check constraint '{}' is violated.", name.value_or(""))};
    }
    default: return {1105, "HY000", fault.message};
  }
}

std::string table_name(std::string_view database, const std::string& name) {
  return name.find('.') == std::string::npos ? fmt::format("{}.{}", database, name) : name;
}

ClientError statement_error(const store::ClientFault& fault, const std::string& database) {
  const std::string& text = fault.message;
  if (const auto table = after(text, "no such table: ")) {
    return {1146, "42S02", fmt::format("Table '{}' doesn't exist", table_name(database, *table))};
  }
  if (const auto column = after(text, "no such column: ")) {
    return {1054, "42S22", fmt::format("Unknown column '{}' in 'field list'", *column)};
  }
  if (const auto collation = after(text, "no such collation sequence: ")) {
    return {1273, "HY000", fmt::format("Unknown collation: '{}'", *collation)};
  }
  if (const auto function = after(text, "wrong number of arguments to function ")) {
    const std::string name = function->substr(0, function->find('('));
    return {1582, "42000",
            fmt::format("Incorrect parameter count in the call to native function '{}'", name)};
  }
  if (const auto function = after(text, "no such function: ")) {
    return {1305, "42000", fmt::format("FUNCTION {}.{} does not exist", database, *function)};
  }
  if (text.find("misuse of aggregate") != std::string::npos)
    return {1111, "HY000", "Invalid use of group function"};
  auto taken = after(text, "table ");
  if (!taken) taken = after(text, "view ");
  if (taken && taken->ends_with(" already exists")) {
    std::string name(taken->substr(0, taken->size() - std::string_view(" already exists").size()));
    std::erase(name, '"');
    std::erase(name, '`');
    return {1050, "42S01", fmt::format("Table '{}' already exists", name)};
  }
  const bool syntax = text.find("syntax error") != std::string::npos ||
                      text.starts_with("unrecognized token") || text.starts_with("incomplete input");
  if (syntax) return mysql::syntax_error(fault.near);
  if (text.find("values for") != std::string::npos) {
    return {1136, "21S01", "Column count doesn't match value count at row 1"};
  }
  return {1105, "HY000", text};
}

}  // namespace

std::optional<Collision> duplicate_key(const store::ClientFault& fault) {
  if (fault.code != kUnique && fault.code != kPrimaryKey && fault.code != kRowid) return std::nullopt;
  const auto what = after(fault.message, "UNIQUE constraint failed: ");
  if (!what.has_value()) return std::nullopt;
  Collision collision;
  if (const auto index = after(*what, "index '")) {
    collision.index = index->substr(0, index->size() - 1);
    collision.table = collision.index.substr(0, collision.index.find('.'));  // sql::sqlite_index_name()
    return collision;
  }
  std::string_view rest = *what;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(", "), rest.size());
    const std::size_t point = rest.find('.');
    collision.table = rest.substr(0, point);
    collision.columns.emplace_back(rest.substr(point + 1, end - point - 1));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return collision;
}

bool Collision::is(const sql::IndexInfo& key) const {
  if (!index.empty()) return key.sqlite_name == index;
  return std::equal(columns.begin(), columns.end(), key.columns.begin(), key.columns.end(), sql::same_name);
}

ClientError client_error(const store::ClientFault& fault, const std::string& database) {
  // The extension refuses a commit that a quorum does not decide as busy, and says why.
  const ClientError deadlock = mysql::deadlock();
  if (fault.code == kBusySnapshot) return deadlock;
  // Others have changed the schema, or the extension has met an error; nothing is committed.
  if (fault.code == kCommitHook)
    return {deadlock.number, deadlock.sqlstate, fmt::format("{} (the commit was refused)", deadlock.message)};
  switch (fault.code & 0xff) {
    case kBusy:
      if (fault.message == "database is locked") {
        return mysql::lock_wait_timeout();
      }
      return {deadlock.number, deadlock.sqlstate, fmt::format("{} ({})", deadlock.message, fault.message)};
    case kInterrupt: return mysql::query_interrupted();
    case kReadOnly:
      return {1290, "HY000",
              "The MySQL server is running with the --read-only option so it cannot execute this statement"};
    case kFull: return {1114, "HY000", "The table is full"};
    case kConstraint: return constraint_error(fault);
    case kAuth:
      return {1227, "42000", "Access denied; this is not for clients of this server: " + fault.message};
    case kTooBig: return mysql::packet_too_large();
    default: return statement_error(fault, database);
  }
}

mysql::ClientError database_exists(const std::string& name) {
  return {1007, "HY000", "Can't create database '" + name + "'; database exists"};
}

mysql::ClientError no_database_to_drop(const std::string& name) {
  return {1008, "HY000", "Can't drop database '" + name + "'; database doesn't exist"};
}

}  // namespace murmel::service
