// How SqlSession runs statements on accounts and on other clients, which are MySQL's text.
#include <algorithm>
#include <utility>

#include "agent/service/result_columns.h"
#include "agent/service/sql_session.h"
#include "agent/service/wall_clock.h"
#include "agent/sql/translator.h"

namespace murmel::service {
namespace {

constexpr std::size_t kInfoCharacters = 100;  // of SHOW PROCESSLIST without FULL

// Statements on accounts name no tables that must be known.
class NoTables final : public sql::Catalog {
 public:
  const sql::TableInfo* table(std::string_view, std::string_view) const override { return nullptr; }
};

mysql::Column column_of(const char* name, std::string_view type) {
  mysql::Column column;
  column.name = name;
  (void)declare(type, &column);
  return column;
}

std::optional<std::string> or_null(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace

SqlSession::Done SqlSession::run_accounts(std::string_view sql, std::string_view* rest, bool alone) {
  sql::Settings settings;
  settings.database = name_;
  settings.mode.no_backslash_escapes = true;  // as announced
  const NoTables tables;
  sql::StatementReader reader(sql);
  const auto statement = reader.next(settings, tables);
  if (!statement.has_value()) return mysql::syntax_error(sql);
  const sql::SqlError& error = statement->error;
  if (statement->has_error) return mysql::ClientError{error.number, error.sqlstate, error.message};
  *rest = reader.rest();
  const bool more = !reader.at_end(settings.mode);
  if (more && alone) return mysql::syntax_error(*rest);
  return run_account(*statement, more);
}

SqlSession::Done SqlSession::run_account(const sql::Statement& statement, bool more) {
  if (const auto* command = std::get_if<sql::KillCommand>(&statement.command)) return kill(*command, more);
  if (const auto* show = std::get_if<sql::ShowCommand>(&statement.command)) {
    if (show->what == "PROCESSLIST") return send_processes(show->full, more);
    auto described = rights_->describe(*show);
    if (!described.ok()) return described.error();
    std::vector<std::vector<std::optional<std::string>>> rows;
    for (std::string& row : described->rows) rows.push_back({std::move(row)});
    return send_text({column_of(described->title.c_str(), "VARCHAR(1024)")}, rows, more);
  }
  const Done ended = end_transaction(true);
  if (!ended.ok()) return ended;
  mysql::Outcome result = outcome(more);
  if (const auto* command = std::get_if<sql::AccountCommand>(&statement.command)) {
    auto notes = rights_->change(*command, name_);
    if (!notes.ok()) return notes.error();
    result.warnings = static_cast<std::uint16_t>(notes->size());
  } else if (auto refusal = rights_->refresh()) {
    return *refusal;
  }
  reply_->ok(result);
  return kDone;
}

SqlSession::Done SqlSession::kill(const sql::KillCommand& command, bool more) {
  auto scratch = Database::open_scratch();
  if (!scratch.ok()) return mysql::unknown_error(scratch.error().message);
  std::string_view rest;
  auto id = scratch.value()->prepare(command.id_sql, &rest);
  if (!id.ok()) return mysql::not_supported("KILL of an expression");
  auto row = id->step();
  const store::ClientValue value = row.ok() && *row ? id->value(0) : store::ClientValue();
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number == nullptr || *number < 0) return mysql::no_such_thread(0);
  if (auto refusal = rights_->kill(static_cast<std::uint64_t>(*number), command.query_only)) return *refusal;
  reply_->ok(outcome(more));
  return kDone;
}

SqlSession::Done SqlSession::send_processes(bool full, bool more) {
  const WallMs now = wall_clock_ms();
  std::vector<std::vector<std::optional<std::string>>> rows;
  for (const ClientEntry& client : rights_->processes()) {
    const std::string info = full ? client.text : client.text.substr(0, kInfoCharacters);
    rows.push_back({std::to_string(client.connection), client.user, client.host, or_null(client.database),
                    client.command, std::to_string(std::max<WallMs>(0, now - client.since) / 1'000),
                    std::string(), or_null(info)});
  }
  return send_text(
      {column_of("Id", "BIGINT"), column_of("User", "VARCHAR(32)"), column_of("Host", "VARCHAR(261)"),
       column_of("db", "VARCHAR(64)"), column_of("Command", "VARCHAR(16)"), column_of("Time", "INT"),
       column_of("State", "VARCHAR(64)"), column_of("Info", "TEXT")},
      rows, more);
}

SqlSession::Done SqlSession::send_text(const std::vector<mysql::Column>& columns,
                                       const std::vector<std::vector<std::optional<std::string>>>& rows,
                                       bool more) {
  reply_->columns(columns);
  for (const auto& row : rows) {
    std::vector<mysql::Value> values;
    for (const auto& text : row) {
      values.push_back(text.has_value() ? mysql::Value(std::string_view(*text)) : mysql::Value());
    }
    if (!reply_->row(values)) return mysql::malformed_packet();
  }
  reply_->end(outcome(more));
  return kDone;
}

}  // namespace murmel::service
