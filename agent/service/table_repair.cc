#include "agent/service/table_repair.h"

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/service/log.h"
#include "agent/service/node.h"
#include "agent/store/table_difference.h"
#include "agent/store/table_scan.h"

namespace murmel::service {
namespace {

using nlohmann::json;

constexpr char kRepairCall[] = "repair";
constexpr char kRowsCall[] = "differing_rows";
constexpr Duration kRepairTimeout = seconds(600);
constexpr std::size_t kJobsMax = 64;

std::string hex(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

// Anything but pairs of digits ends it.
std::string unhex(const std::string& text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) break;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string bytes_of(const store::BucketSums& sums) {
  std::string bytes;
  for (const store::RowHash& sum : sums) {
    for (const std::uint64_t half : sum) {
      for (int i = 0; i < 8; ++i) bytes += static_cast<char>(half >> (8 * i) & 0xff);
    }
  }
  return bytes;
}

store::BucketSums sums_of(const std::string& bytes) {
  store::BucketSums sums(bytes.size() / 16);
  for (std::size_t i = 0; i < sums.size() * 16; ++i) {
    sums[i / 16][i % 16 / 8] |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * (i % 8));
  }
  return sums;
}

// A text member of what another node sent; empty if there is none.
std::string text_in(const json& value, const char* name) {
  const bool there = value.is_object() && value.contains(name) && value[name].is_string();
  return there ? value[name].get<std::string>() : "";
}

std::int64_t number_in(const json& value, const char* name) {
  const bool there = value.is_object() && value.contains(name) && value[name].is_number_integer();
  return there ? value[name].get<std::int64_t>() : 0;
}

json to_json(const store::BucketRows& rows) {
  json have = json::object();
  for (const auto& [origin, seq] : rows.have) have[std::to_string(origin)] = seq;
  return {{"have", have}, {"buckets", rows.buckets}, {"rows", hex(rows.rows)}};
}

Result<store::BucketRows> rows_from(const std::string& text, const std::string& table) {
  const json value = json::parse(text, nullptr, false);
  const Error error{ErrorCode::kInvalid, "the other node's answer can't be understood"};
  if (!value.is_object() || !value.contains("have") || !value["have"].is_object()) return error;
  if (!value.contains("buckets") || !value["buckets"].is_array()) return error;
  store::BucketRows rows;
  rows.table = table;
  for (const auto& [origin, seq] : value["have"].items()) {
    if (!seq.is_number_integer()) return error;
    rows.have[static_cast<NodeId>(std::strtoul(origin.c_str(), nullptr, 10))] = seq.get<std::int64_t>();
  }
  for (const json& bucket : value["buckets"]) {
    if (!bucket.is_number_unsigned() || bucket.get<std::size_t>() >= store::kBuckets) return error;
    rows.buckets.push_back(bucket.get<std::size_t>());
  }
  rows.rows = unhex(text_in(value, "rows"));
  return rows;
}

}  // namespace

TableRepair::TableRepair(io::Loop& loop, Node& node, Worker& worker)
    : loop_(loop), node_(node), worker_(worker) {
  node_.calls().handle(kRowsCall, [this](const std::string& body, Calls::Reply reply) {
    answer_rows(body, std::move(reply));
  });
  node_.calls().handle(kRepairCall, [this](const std::string& body, const Calls::Reply& reply) {
    const json wanted = json::parse(body, nullptr, false);
    repair_here(
        text_in(wanted, "database"), text_in(wanted, "table"),
        static_cast<NodeId>(number_in(wanted, "donor")), [reply](const RepairOutcome& outcome) {
          const json answer{{"rows", outcome.rows}, {"newer", outcome.newer}, {"error", outcome.error}};
          reply(answer.dump(-1, ' ', false, json::error_handler_t::replace));
        });
  });
}

Status TableRepair::room() const {
  if (worker_.waiting() < kJobsMax) return Ok{};
  return Error{ErrorCode::kFull, "too many comparisons are under way"};
}

void TableRepair::run(NodeId damaged, const std::string& database, const std::string& table, NodeId donor,
                      Reply reply) {
  if (damaged == node_.id()) return repair_here(database, table, donor, std::move(reply));
  const json body{{"database", database}, {"table", table}, {"donor", donor}};
  node_.calls().ask(damaged, kRepairCall, body.dump(), kRepairTimeout,
                    [reply = std::move(reply)](const Result<std::string>& answer) {
                      if (!answer.ok()) return reply({0, 0, answer.error().message});
                      const json value = json::parse(*answer, nullptr, false);
                      reply({number_in(value, "rows"), number_in(value, "newer"), text_in(value, "error")});
                    });
}

void TableRepair::repair_here(const std::string& database, const std::string& table, NodeId donor,
                              Reply reply) {
  const Replica* replica = node_.replicas().find(database);
  if (replica == nullptr) return reply({0, 0, "this node has no database " + database});
  if (const Status free = room(); !free.ok()) return reply({0, 0, free.error().message});
  auto ask = [this, database, table, donor,
              reply = std::move(reply)](Result<store::BucketSums> sums) mutable {
    if (!sums.ok()) return reply({0, 0, sums.error().message});
    const json body{{"database", database}, {"table", table}, {"sums", hex(bytes_of(*sums))}};
    node_.calls().ask(
        donor, kRowsCall, body.dump(), kRepairTimeout,
        [this, database, table, donor, reply = std::move(reply)](Result<std::string> answer) mutable {
          if (!answer.ok()) return reply({0, 0, answer.error().message});
          write(database, table, donor, *answer, std::move(reply));
        });
  };
  worker_.post([&loop = loop_, path = replica->path(), table, ask = std::move(ask)]() mutable {
    INVARIANT(loop.post(
        [sums = store::sum_buckets(path, table), ask = std::move(ask)]() mutable { ask(std::move(sums)); }));
  });
}

void TableRepair::write(const std::string& database, const std::string& table, NodeId donor,
                        const std::string& answer, Reply reply) {
  Replica* replica = node_.replicas().find(database);
  if (replica == nullptr) return reply({0, 0, "this node has no database " + database});
  auto rows = rows_from(answer, table);
  if (!rows.ok()) return reply({0, 0, rows.error().message});
  replica->repair(std::move(rows).value(),
                  [database, table, donor, reply = std::move(reply)](Result<store::RepairReport> report) {
                    if (!report.ok()) return reply({0, 0, report.error().message});
                    if (report->rows > 0) {
                      log_warn("rows were repaired", {{"database", database},
                                                      {"table", table},
                                                      {"rows", report->rows},
                                                      {"as_on_node", donor},
                                                      {"advice", "murmel conflicts shows what they were"}});
                    }
                    reply({report->rows, report->newer, ""});
                  });
}

void TableRepair::answer_rows(const std::string& body, std::function<void(Result<std::string>)> reply) {
  const json wanted = json::parse(body, nullptr, false);
  const std::string table = text_in(wanted, "table");
  const Replica* replica = node_.replicas().find(text_in(wanted, "database"));
  if (replica == nullptr) return reply(Error{ErrorCode::kNotFound, "this node has no such database"});
  if (const Status free = room(); !free.ok()) return reply(free.error());
  if (!replica->filter().wants(table))
    return reply(Error{ErrorCode::kNotFound, "this node has no table " + table});
  worker_.post([&loop = loop_, path = replica->path(), self = node_.id(), table,
                sums = sums_of(unhex(text_in(wanted, "sums"))), reply = std::move(reply)]() mutable {
    auto rows = store::differing_rows(path, self, table, sums, kRepairBytes);
    INVARIANT(loop.post([rows = std::move(rows), reply = std::move(reply)]() mutable {
      if (!rows.ok()) return reply(rows.error());
      reply(to_json(*rows).dump());
    }));
  });
}

}  // namespace murmel::service
