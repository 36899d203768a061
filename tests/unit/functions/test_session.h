// A session that stands still: fixed clock, counting "random" numbers, and a list of what it was told.
// Thread rule: as the test.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/functions/session.h"

namespace murmel::functions {

class TestSession : public Session {
 public:
  int64_t now_us = 1705329045'123456;  // 2024-01-15 14:30:45.123456 UTC
  std::string zone = "+00:00";
  std::string names = "en_US";
  uint32_t mode = 0;
  std::string collation_name = "utf8mb4_general_ci";
  int week_format = 0;
  uint64_t group_concat_max = 1024;
  uint64_t inserted = 0;
  uint64_t counter = 0;
  std::vector<int> codes;  // of all diagnostics since they were last cleared
  std::string last_message;
  int64_t foreign_key_checks = 1;
  std::string block_encryption_mode = "aes-128-ecb";
  std::string updates;  // a sign for each note
  std::map<std::string, std::string, std::less<>> variables;

  // Sets one of these by its name in MySQL; false for an unknown one.
  bool set(const std::string& name, const std::string& value);

  int64_t statement_time_us() override { return now_us; }
  int64_t current_time_us() override { return now_us + 1000000; }
  std::string time_zone() override { return zone; }
  std::string time_names() override { return names; }
  uint32_t sql_mode() override { return mode; }
  std::string collation() override { return collation_name; }
  int div_precision_increment() override { return 4; }
  int default_week_format() override { return week_format; }
  uint64_t group_concat_bytes_max() override { return group_concat_max; }
  uint64_t packet_bytes_max() override { return 1 << 20; }
  std::string user() override { return "anna@localhost"; }
  std::string current_user() override { return "anna@%"; }
  std::string database() override { return "shop"; }
  std::string version() override { return "8.0.36-murmel"; }
  uint64_t connection_id() override { return 42; }
  uint64_t last_insert_id() override { return inserted; }
  void set_last_insert_id(uint64_t id) override { inserted = id; }
  std::optional<int64_t> next_auto_increment(std::string_view, bool, std::string*) override {
    return static_cast<int64_t>(++inserted);
  }
  void note_given_id(uint64_t id) override { inserted = id; }
  void note_update(bool differs, int, std::uint64_t) override { updates += differs ? "+" : "-"; }
  void note_duplicate() override { ++duplicates; }
  int64_t duplicates = 0;
  std::optional<Variable> system_variable(std::string_view name, std::string_view) override {
    if (name == "version") return version();
    if (name == "foreign_key_checks") return Variable(foreign_key_checks);
    if (name == "cte_max_recursion_depth") return Variable(int64_t{1000});
    if (name == "block_encryption_mode") return block_encryption_mode;
    return std::nullopt;
  }
  uint64_t found_rows() override { return 7; }
  int64_t row_count() override { return -1; }
  // A lock is somebody else's if its name begins with "other", and waiting for it is in vain.
  LockOutcome lock_name(const std::string& name, double) override {
    if (name == "circle") return LockOutcome::kDeadlock;
    if (name.starts_with("other")) return LockOutcome::kTimeout;
    ++locks[name];
    return LockOutcome::kGranted;
  }
  bool unlock_name(const std::string& name) override;
  std::optional<uint64_t> name_owner(const std::string& name) override;
  int64_t unlock_names() override;
  bool row_is_free(std::string_view table, bool, std::span<sqlite3_value* const>) override {
    return table != "locked";
  }
  bool sleep(double) override { return true; }
  std::optional<std::string> load_file(const std::string& name) override {
    return name == "/files/a" ? std::optional<std::string>("content") : std::nullopt;
  }
  uint64_t short_uuid() override { return 0x0102030405060708 + ++counter; }
  std::map<std::string, int64_t> locks;
  uint64_t random() override { return ++counter * 0x9E3779B97F4A7C15u; }
  std::string user_variable(std::string_view name) override;
  void set_user_variable(std::string_view name, std::string encoded) override;
  void diagnose(Level level, int code, const std::string& message) override;
};

}  // namespace murmel::functions
