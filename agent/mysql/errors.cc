#include "agent/mysql/errors.h"

namespace murmel::mysql {
namespace {

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

}  // namespace

ClientError too_many_connections() {
  return {1040, "08004", "Too many connections"};
}
ClientError bad_handshake() {
  return {1043, "08S01", "Bad handshake"};
}
ClientError access_denied(std::string_view user, std::string_view host, bool with_password) {
  return {1045, "28000",
          joined({"Access denied for user '", user, "'@'", host,
                  "' (using password: ", with_password ? "YES" : "NO", ")"})};
}
ClientError no_database() {
  return {1046, "3D000", "No database selected"};
}
ClientError unknown_command() {
  return {1047, "08S01", "Unknown command"};
}
ClientError unknown_database(std::string_view name) {
  return {1049, "42000", joined({"Unknown database '", name, "'"})};
}
ClientError shutting_down() {
  return {1053, "08S01", "Server shutdown in progress"};
}
ClientError no_such_thread(std::uint64_t id) {
  return {1094, "HY000", "Unknown thread id: " + std::to_string(id)};
}
ClientError syntax_error(std::string_view near) {
  constexpr std::size_t kNearMax = 80;
  return {
      1064, "42000",
      joined({"You have an error in your SQL syntax; check the manual that corresponds to your MySQL server "
              "version for the right syntax to use near '",
              near.substr(0, kNearMax), "' at line 1"})};
}
ClientError unknown_error(std::string_view sentence) {
  return {1105, "HY000", std::string(sentence)};
}
ClientError no_such_table(std::string_view database, std::string_view table) {
  return {1146, "42S02", joined({"Table '", database, ".", table, "' doesn't exist"})};
}
ClientError transaction_too_large() {
  return {1197, "HY000",
          "Multi-statement transaction required more than 'max_binlog_cache_size' bytes of storage; increase "
          "this mysqld variable and try again"};
}

ClientError no_auto_increment(std::string_view reason) {
  const std::string sentence = "Failed to read auto-increment value from storage engine";
  return {1467, "HY000", reason.empty() ? sentence : sentence + ": " + std::string(reason)};
}

ClientError lock_not_free() {
  return {3572, "HY000",
          "Statement aborted because lock(s) could not be acquired immediately and NOWAIT is set."};
}

ClientError lock_wait_timeout() {
  return {1205, "HY000", "Lock wait timeout exceeded; try restarting transaction"};
}

ClientError deadlock() {
  return {1213, "40001", "Deadlock found when trying to get lock; try restarting transaction"};
}

ClientError packet_too_large() {
  return {1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes"};
}
ClientError packets_out_of_order() {
  return {1156, "08S01", "Got packets out of order"};
}
ClientError wrong_arguments(std::string_view function) {
  return {1210, "HY000", joined({"Incorrect arguments to ", function})};
}
ClientError not_supported(std::string_view what) {
  return {1235, "42000", joined({"This version of Murmel doesn't yet support '", what, "'"})};
}
ClientError unknown_statement(std::uint32_t id, std::string_view function) {
  return {1243, "HY000",
          joined({"Unknown prepared statement handler (", std::to_string(id), ") given to ", function})};
}
ClientError old_client() {
  return {1251, "08004",
          "Client does not support authentication protocol requested by server; consider upgrading MySQL "
          "client"};
}
ClientError query_interrupted() {
  return {1317, "70100", "Query execution was interrupted"};
}
ClientError no_cursor(std::uint32_t id) {
  return {1421, "HY000", joined({"The statement (", std::to_string(id), ") has no open cursor."})};
}
ClientError too_many_statements(std::uint64_t limit) {
  return {1461, "42000",
          joined({"Can't create more than max_prepared_stmt_count statements (current value: ",
                  std::to_string(limit), ")"})};
}
ClientError malformed_packet() {
  return {1835, "HY000", "Malformed communication packet."};
}
ClientError local_files_off() {
  return {3948, "42000",
          "Loading local data is disabled; this must be enabled on both the client and server sides"};
}
ClientError secure_transport_needed(std::string_view plugin) {
  return {2061, "HY000",
          joined({"Authentication plugin '", plugin,
                  "' reported error: Authentication requires secure "
                  "connection."})};
}

}  // namespace murmel::mysql
