#include "agent/session/state.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <utility>

namespace murmel::session {
namespace {

constexpr std::size_t kUserVariablesMax = 1'024;

}  // namespace

SessionState::SessionState(GlobalVariables& globals) : variables(globals) {}

void SessionState::begin_statement(bool ignore, std::size_t rows) {
  statement_time_us_ = fixed_time_us.value_or(current_time_us());
  ignore_ = ignore;
  first_id_ = 0;
  generated_ = false;
  told_ = false;
  id_before_ = last_insert_id_;
  updated_id_ = 0;
  row_differs_ = false;
  columns_seen_ = 0;
  rows_updated_ = 0;
  rows_changed_ = 0;
  rows_refused_ = 0;
  duplicates_ = 0;
  given_ids_.clear();
  offered_ids_.clear();
  rows_to_come_ = static_cast<std::int64_t>(rows);
  run_.count = 0;
}

SessionState::~SessionState() {
  unlock_names();
}

void SessionState::reset() {
  unlock_names();
  variables.reset();
  diagnostics.clear();
  user_variables_.clear();
  current_database.clear();
  found = 0;
  counted = 0;
  last_insert_id_ = 0;
  fixed_time_us.reset();
  begin_statement(false);
}

SessionState::LockOutcome SessionState::lock_name(const std::string& name, double seconds) {
  if (locks == nullptr) return LockOutcome::kTimeout;
  return locks->lock(identity.connection, name, seconds, interrupted);
}

bool SessionState::unlock_name(const std::string& name) {
  return locks != nullptr && locks->unlock(identity.connection, name);
}

std::optional<std::uint64_t> SessionState::name_owner(const std::string& name) {
  return locks != nullptr ? locks->owner(name) : std::nullopt;
}

std::int64_t SessionState::unlock_names() {
  return locks != nullptr ? locks->unlock_all(identity.connection) : 0;
}

bool SessionState::sleep(double seconds) {
  return locks == nullptr || locks->sleep(seconds, interrupted);
}

// As MySQL makes it: the server's id, when it began, and a count.
std::uint64_t SessionState::short_uuid() {
  static const auto kBegun = static_cast<std::uint64_t>(current_time_us() / 1'000'000);
  static std::atomic<std::uint64_t> count = 0;
  const auto server = static_cast<std::uint64_t>(variables.number("server_id")) & 255;
  return (server << 56) + ((kBegun & 0xffffffff) << 24) + count++;
}

std::int64_t SessionState::current_time_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::uint32_t SessionState::sql_mode() {
  const std::uint32_t bits = variables.mode_bits();
  return ignore_ ? bits & ~static_cast<std::uint32_t>(functions::kStrictTables) : bits;
}

std::uint64_t SessionState::group_concat_bytes_max() {
  return static_cast<std::uint64_t>(variables.number("group_concat_max_len"));
}

std::uint64_t SessionState::packet_bytes_max() {
  return static_cast<std::uint64_t>(variables.number("max_allowed_packet"));
}

void SessionState::set_last_insert_id(std::uint64_t id) {
  last_insert_id_ = id;
  first_id_ = id;
  generated_ = true;
  told_ = true;
}

void SessionState::settle_first_id(std::uint64_t id) {
  if (told_) return;
  first_id_ = id;
  last_insert_id_ = id != 0 ? id : id_before_;
}

// Rows of triggers have runs of their own, of one.
mysql::Answer<std::int64_t> SessionState::next_id(std::string_view table, bool kept) {
  if (!kept || run_.count == 0) {
    const auto run = next_ids(table, kept ? std::max(rows_to_come_, std::int64_t{1}) : 1);
    if (!run.ok()) return run.error();
    if (!kept) return run->first;
    run_ = *run;
  }
  const std::int64_t id = run_.first++;
  --run_.count;
  --rows_to_come_;
  return id;
}

std::optional<std::int64_t> SessionState::next_auto_increment(std::string_view table, bool kept,
                                                              std::string* refusal) {
  const bool again = !ids_again.empty();
  const auto id = again ? ids_again.front() : next_id(table, kept);
  if (!id.ok()) {
    *refusal = id.error().message;
    return std::nullopt;
  }
  if (again) ids_again = ids_again.subspan(1);
  given_ids_.push_back(*id);
  if (!kept) return *id;
  offered_ids_.push_back(*id);
  if (!generated_) {
    last_insert_id_ = first_id_ = static_cast<std::uint64_t>(*id);
    generated_ = true;
  }
  return *id;
}

// The answer to the client tells it, LAST_INSERT_ID() does not.
void SessionState::note_given_id(std::uint64_t id) {
  if (!generated_) first_id_ = id;
}

void SessionState::note_update(bool differs, int columns, std::uint64_t id) {
  if (columns == 0) {
    ++rows_updated_;
    ++rows_refused_;
    return;
  }
  row_differs_ = row_differs_ || differs;
  if (++columns_seen_ < columns) return;
  ++rows_updated_;
  if (row_differs_) {
    ++rows_changed_;
    updated_id_ = id;
  }
  row_differs_ = false;
  columns_seen_ = 0;
}

std::uint64_t SessionState::random() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

std::optional<functions::Session::Variable> SessionState::system_variable(std::string_view name,
                                                                          std::string_view scope) {
  const std::string key = lower_case(name);
  if (key == "last_insert_id" || key == "identity")
    return Variable(static_cast<std::int64_t>(last_insert_id_));
  if (key == "pseudo_thread_id") return Variable(static_cast<std::int64_t>(identity.connection));
  if (key == "warning_count") return Variable(std::int64_t{diagnostics.count()});
  if (key == "timestamp") return Variable(statement_time_us_ / 1'000'000);
  return variables.find(key, scope == "global");
}

std::string SessionState::user_variable(std::string_view name) {
  const auto found_one = user_variables_.find(lower_case(name));
  return found_one != user_variables_.end() ? found_one->second : std::string();
}

void SessionState::set_user_variable(std::string_view name, std::string encoded) {
  const std::string key = lower_case(name);
  if (encoded.empty()) {
    user_variables_.erase(key);
  } else if (user_variables_.size() < kUserVariablesMax || user_variables_.contains(key)) {
    user_variables_[key] = std::move(encoded);
  } else {
    diagnostics.add(functions::Level::kWarning, 1105, "Too many user variables; '" + key + "' is not kept");
  }
}

void SessionState::diagnose(functions::Level level, int code, const std::string& message) {
  diagnostics.add(level, static_cast<std::uint16_t>(code), message);
}

}  // namespace murmel::session
