#include "agent/store/meta.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "agent/store/quote.h"
#include "agent/store/sql.h"

namespace murmel::store {

Result<std::optional<std::string>> read_meta(Connection& connection, std::string_view key,
                                             std::string_view schema) {
  TRY_ASSIGN(Statement statement,
             connection.prepare(
                 fmt::format("SELECT value FROM {}.__murmel_meta WHERE key = ?1", quote_name(schema))));
  statement.bind(1, key);
  TRY_ASSIGN(const bool row, statement.step());
  return row ? std::optional<std::string>(statement.text(0)) : std::nullopt;
}

Status write_meta(Connection& connection, std::string_view key, std::string_view value) {
  TRY_ASSIGN(Statement statement, connection.prepare(sql::kWriteMeta));
  statement.bind(1, key);
  statement.bind(2, value);
  return statement.run();
}

Status write_meta(Connection& connection, std::string_view key, std::int64_t value) {
  TRY_ASSIGN(Statement statement, connection.prepare(sql::kWriteMeta));
  statement.bind(1, key);
  statement.bind(2, value);
  return statement.run();
}

Status keep_meta(Connection& connection, std::string_view key, const std::string& value) {
  TRY_ASSIGN(const auto present, read_meta(connection, key));
  if (value.empty()) return present ? remove_meta(connection, key) : Status(Ok{});
  if (present == value) return Ok{};
  return write_meta(connection, key, value);
}

Status remove_meta(Connection& connection, std::string_view key) {
  TRY_ASSIGN(Statement statement, connection.prepare(sql::kRemoveMeta));
  statement.bind(1, key);
  return statement.run();
}

Result<Uuid> read_database_id(Connection& connection, std::string_view schema) {
  TRY_ASSIGN(const auto text, read_meta(connection, "database_id", schema));
  if (!text) return Error{ErrorCode::kCorrupt, "the database has no id; was it enabled?"};
  return Uuid::parse(*text);
}

Status write_database_id(Connection& connection, const Uuid& id) {
  std::string digits = id.to_string();
  digits.erase(std::remove(digits.begin(), digits.end(), '-'), digits.end());
  return write_meta(connection, "database_id", digits);
}

Result<core::Watermark> read_watermark(Connection& connection) {
  core::Watermark watermark;
  TRY_ASSIGN(const auto text, read_meta(connection, "watermark"));
  if (!text) return watermark;
  const char* end = text->data() + text->size();
  auto parsed = std::from_chars(text->data(), end, watermark.hlc.value);
  while (parsed.ec == std::errc{} && parsed.ptr != end) {
    NodeId member = 0;
    parsed = std::from_chars(parsed.ptr + 1, end, member);
    watermark.members.push_back(member);
  }
  // A mere short cut: without it the whole log is read.
  return parsed.ec == std::errc{} ? watermark : core::Watermark{};
}

Status write_watermark(Connection& connection, const core::Watermark& watermark) {
  std::string text = std::to_string(watermark.hlc.value);
  for (const NodeId member : watermark.members) text += " " + std::to_string(member);
  return write_meta(connection, "watermark", text);
}

Result<std::set<core::Position>> read_skips(Connection& connection) {
  std::set<core::Position> skips;
  TRY_ASSIGN(const auto text, read_meta(connection, "skips"));
  std::istringstream words(text.value_or(""));
  for (core::Position position; words >> position.origin >> position.seq;) skips.insert(position);
  if (words.eof()) return skips;
  return Error{ErrorCode::kCorrupt, "__murmel_meta: the transactions to skip can't be read"};
}

Status keep_skips(Connection& connection, const std::set<core::Position>& skips) {
  std::string text;
  for (const auto& [origin, seq] : skips) {
    text += (text.empty() ? "" : " ") + std::to_string(origin) + " " + std::to_string(seq);
  }
  return keep_meta(connection, "skips", text);
}

}  // namespace murmel::store
