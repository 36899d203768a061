#include "agent/service/system_write.h"

#include <thread>
#include <utility>

namespace murmel::service {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kAtQuorum[] = "SELECT murmel_consistency('quorum', 2000)";
constexpr int kSqliteBusy =
    5;  // SQLite's code: nobody has committed it; with more bits set, somebody was faster

}  // namespace

std::string text_at(const ClientStatement& statement, int column) {
  const ClientValue value = statement.value(column);
  const auto* const held = std::get_if<std::string_view>(&value);
  return held == nullptr ? std::string() : std::string(*held);
}

std::int64_t number_at(const ClientStatement& statement, int column) {
  const ClientValue value = statement.value(column);
  const auto* const held = std::get_if<std::int64_t>(&value);
  return held == nullptr ? 0 : *held;
}

Written each_row(ClientDatabase& database, std::string_view sql, const std::vector<ClientValue>& values,
                 const std::function<void(const ClientStatement&)>& take) {
  std::string_view rest;
  auto statement = database.prepare(sql, &rest);
  if (!statement.ok()) return statement.error();
  for (std::size_t i = 0; i < values.size(); ++i) statement->bind(static_cast<int>(i), values[i]);
  for (;;) {
    auto row = statement->step();
    if (!row.ok()) return row.error();
    if (!*row) return kWritten;
    take(*statement);
  }
}

Written run_with(ClientDatabase& database, std::string_view sql, const std::vector<ClientValue>& values) {
  return each_row(database, sql, values, [](const ClientStatement&) {});
}

ClientResult<bool> has_table(ClientDatabase& database, std::string_view name) {
  bool found = false;
  const auto done = each_row(database, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?",
                             {name}, [&](const ClientStatement&) { found = true; });
  if (!done.ok()) return done.error();
  return found;
}

bool is_busy(const ClientFault& fault) {
  return (fault.code & 0xff) == kSqliteBusy;
}

bool is_alone(const ClientFault& fault) {
  return fault.code == kSqliteBusy;
}

Result<std::unique_ptr<ClientDatabase>> open_at_quorum(const std::string& path) {
  TRY_ASSIGN(auto database, ClientDatabase::open(path, kSystemLockWaitMs));
  const auto level = database->run(kAtQuorum);
  if (!level.ok()) return Error{ErrorCode::kIo, level.error().message};
  return database;
}

std::optional<ClientFault> write_once(ClientDatabase& database, const SystemEdit& edit) {
  auto begun = database.run("BEGIN IMMEDIATE");
  std::optional<ClientFault> fault;
  if (!begun.ok()) {
    fault = begun.error();
  } else if (auto edited = edit(database); !edited.ok()) {
    fault = edited.error();
  } else if (*edited) {
    if (auto committed = database.run("COMMIT"); !committed.ok()) fault = committed.error();
  }
  if (!database.in_transaction()) return fault;
  auto undone = database.run("ROLLBACK");
  if (!undone.ok() && !fault.has_value()) fault = undone.error();
  return fault;
}

std::optional<ClientFault> write_in_time(ClientDatabase& database, const SystemEdit& edit,
                                         Patience patience) {
  const auto begun = Clock::now();
  for (;;) {
    auto fault = write_once(database, edit);
    if (!fault.has_value() || !is_busy(*fault)) return fault;
    if (Clock::now() - begun >= (is_alone(*fault) ? patience.alone : patience.all)) return fault;
    std::this_thread::sleep_for(patience.pause);
  }
}

}  // namespace murmel::service
