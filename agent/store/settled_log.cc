#include "agent/store/settled_log.h"

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "agent/store/meta.h"
#include "agent/store/sql.h"

namespace murmel::store {
namespace {

constexpr char kKey[] = "settled";

// "watermark first_id last_id|index"
std::optional<SettledLog> parse(std::string_view text) {
  const std::size_t bar = text.find('|');
  if (bar == std::string_view::npos) return std::nullopt;
  SettledLog settled;
  const char* at = text.data();
  const char* end = text.data() + bar;
  for (std::int64_t* number : {&settled.watermark.value, &settled.first_id, &settled.last_id}) {
    const auto parsed = std::from_chars(at, end, *number);
    if (parsed.ec != std::errc{}) return std::nullopt;
    at = parsed.ptr == end ? end : parsed.ptr + 1;
  }
  auto index = LogIndex::from_text(text.substr(bar + 1));
  if (!index) return std::nullopt;
  settled.index = std::move(*index);
  return settled;
}

}  // namespace

Result<std::optional<SettledLog>> read_settled_log(Connection& connection) {
  TRY_ASSIGN(const auto text, read_meta(connection, kKey));
  if (!text) return std::optional<SettledLog>();
  std::optional<SettledLog> settled = parse(*text);
  TRY_ASSIGN(const std::int64_t first_id, connection.integer(sql::kFirstLogId));
  if (settled && settled->first_id != first_id) settled.reset();
  return settled;
}

Status SettledLogKeeper::save(Connection& connection, NodeId self, const core::Watermark& watermark,
                              const LogIndex& index) {
  TRY_ASSIGN(Transaction transaction, Transaction::begin(connection, Transaction::Kind::kWrite));
  TRY_ASSIGN(Statement scan, connection.prepare(sql::kScanSettled));
  scan.bind(1, last_id_);
  for (;;) {
    TRY_ASSIGN(const bool row, scan.step());
    if (!row || scan.integer(3) > watermark.hlc.value) break;
    last_id_ = scan.integer(0);
    const auto origin = static_cast<NodeId>(scan.integer(1));
    last_[origin == kSelfInLog ? self : origin] = scan.integer(2);
  }
  scan.reset();
  if (last_id_ == saved_id_) return Ok{};
  TRY_ASSIGN(const std::int64_t first_id, connection.integer(sql::kFirstLogId));
  TRY(write_meta(
      connection, kKey,
      fmt::format("{} {} {}|{}", watermark.hlc.value, first_id, last_id_, index.to_text(last_id_, last_))));
  TRY(write_watermark(connection, watermark));
  TRY(transaction.commit());
  saved_id_ = last_id_;
  return Ok{};
}

void SettledLogKeeper::forget() {
  *this = SettledLogKeeper();
}

Status forget_settled_log(Connection& connection) {
  return remove_meta(connection, kKey);
}

}  // namespace murmel::store
