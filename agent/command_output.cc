#include "agent/command_output.h"

#include <algorithm>
#include <ctime>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace murmel {
namespace {

using nlohmann::json;

// Rows in columns as wide as their widest cell, two spaces apart.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { add(std::move(header)); }
  void add(std::vector<std::string> cells) {
    widths_.resize(std::max(widths_.size(), cells.size()), 0);
    for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], cells[i].size());
    rows_.push_back(std::move(cells));
  }
  std::string text() const {
    std::string result;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths_[i]);
      line.erase(line.find_last_not_of(' ') + 1);
      result += line + "\n";
    }
    return result;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
};

std::string number(const json& value) {
  return std::to_string(value.get<std::int64_t>());
}

std::string yes_no(const json& value) {
  return value.get<bool>() ? "yes" : "no";
}

std::string size_text(std::int64_t bytes) {
  if (bytes < 10'240) return fmt::format("{} B", bytes);
  if (bytes < 10LL << 20) return fmt::format("{} KiB", bytes >> 10);
  return fmt::format("{} MiB", bytes >> 20);
}

std::string time_text(const json& wall_ms) {
  const std::int64_t ms = wall_ms.get<std::int64_t>();
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(ms / 1000)),
                     ms % 1000);
}

// {"1": 5, "2": 7} -> 1:5 2:7
std::string vector_text(const json& vector) {
  std::string text;
  for (const auto& [origin, seq] : vector.items()) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", origin, number(seq));
  }
  return text.empty() ? "-" : text;
}

std::string compact(const json& value) {
  return value.is_null() ? "(deleted)" : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string quarantined(const json& one) {
  return fmt::format("{}  since {}, tried {} times: {}\n", one.at("id").get<std::string>(),
                     time_text(one.at("since")), number(one.at("attempts")),
                     one.at("reason").get<std::string>());
}

std::string show_commit(const json& commit) {
  std::string voters;
  for (const json& node : commit.at("voters")) voters += (voters.empty() ? "" : " ") + number(node);
  std::string text = fmt::format(
      "  quorum     {} of nodes {}; {} committed ({} in one round trip), {} aborted, {} undecided\n",
      commit.at("majority_reachable").get<bool>() ? "majority" : "NO majority", voters.empty() ? "-" : voters,
      number(commit.at("committed")), number(commit.at("fast")), number(commit.at("aborted")),
      number(commit.at("undecided")));
  if (const auto error = commit.at("error").get<std::string>(); !error.empty()) {
    text += "  quorum     " + error + "\n";
  }
  return text;
}

std::string show_database(const json& database) {
  std::string text = fmt::format("\ndatabase {}  {}\n", database.at("name").get<std::string>(),
                                 database.at("path").get<std::string>());
  text += fmt::format("  state      {}, {}{}\n", database.at("state").get<std::string>(),
                      database.at("sync").get<std::string>(),
                      database.at("caught_up").get<bool>() ? ", caught up" : "");
  if (const auto error = database.at("error").get<std::string>(); !error.empty())
    text += "  error      " + error + "\n";
  text += fmt::format("  positions  {}\n", vector_text(database.at("have")));
  const json& counters = database.at("counters");
  text += fmt::format("  applied    {} transactions, {} rows; {} conflicts; last lag {} ms\n",
                      number(counters.at("applied_transactions")), number(counters.at("applied_rows")),
                      number(counters.at("conflicts")), number(counters.at("last_lag_ms")));
  if (database.contains("commit")) text += show_commit(database.at("commit"));
  if (database.contains("store")) {
    const json& store = database.at("store");
    text += fmt::format("  log        {} records, captured by {}; file {}, WAL {}\n",
                        number(store.at("log_records")), store.at("mode").get<std::string>(),
                        size_text(store.at("file_bytes").get<std::int64_t>()),
                        size_text(store.at("wal_bytes").get<std::int64_t>()));
    if (store.at("uncaptured_commits").get<std::int64_t>() > 0) {
      text += fmt::format("  warning    {} commits were made by writers without the extension\n",
                          number(store.at("uncaptured_commits")));
    }
    for (const json& table : store.at("not_captured")) {
      text += fmt::format("  not replicated: {}\n", table.get<std::string>());
    }
  }
  const bool schema_read =
      database.contains("schema") && database.at("schema").value("unreadable", "").empty();
  if (database.contains("schema") && !schema_read) {
    text += fmt::format("  schema     can't be read: {}\n",
                        database.at("schema").at("unreadable").get<std::string>());
  }
  if (schema_read && database.at("schema").at("digest").is_string()) {
    const json& schema = database.at("schema");
    std::string differs;
    for (const json& other : schema.at("differs_from"))
      differs += (differs.empty() ? "" : ", ") + number(other);
    text += fmt::format(
        "  schema     version {}, digest {}{}\n", number(schema.at("version")),
        schema.at("digest").get<std::string>().substr(0, 12),
        differs.empty() ? "" : "; DIFFERS from that of node " + differs + ": murmel schema repair");
  }
  if (database.contains("quarantine")) {
    for (const json& one : database.at("quarantine")) text += "  quarantine " + quarantined(one);
  }
  if (database.contains("snapshot")) {
    const json& snapshot = database.at("snapshot");
    text +=
        fmt::format("  snapshot   {} from node {}: {} of {}\n", snapshot.at("state").get<std::string>(),
                    number(snapshot.at("from")), number(snapshot.at("done")), number(snapshot.at("total")));
  }
  for (const json& peer : database.at("peers")) {
    if (!peer.at("connected").get<bool>()) continue;
    text += fmt::format("  node {}     {} records behind us, {} ahead of us\n", number(peer.at("node")),
                        number(peer.at("behind")), number(peer.at("ahead")));
  }
  return text;
}

}  // namespace

std::string show_epoch(const json& node) {
  const json& epoch = node.at("epoch");
  std::string text = fmt::format(
      "epoch {}, {}{}\n", number(epoch.at("number")),
      epoch.at("member").get<bool>() ? node.at("role").get<std::string>() : std::string("no member"),
      epoch.at("fenced").get<bool>() ? ", between two lists of members" : "");
  if (const auto error = epoch.at("error").get<std::string>(); !error.empty()) text += "  " + error + "\n";
  return text;
}

std::string show_witnessed(const json& database) {
  std::string away;
  for (const json& node : database.at("away")) away += (away.empty() ? "" : " ") + number(node);
  return fmt::format("\nvotes on {}; keeps {} transactions, {} of {}{}\n",
                     database.at("name").get<std::string>(), number(database.at("kept")),
                     size_text(database.at("kept_bytes").get<std::int64_t>()),
                     size_text(database.at("kept_bytes_max").get<std::int64_t>()),
                     away.empty() ? "" : "; away: node " + away);
}

std::string show_status(const json& answer) {
  const json& node = answer.at("node");
  std::string text = fmt::format("node {} of cluster {}, release {}, {}\n", number(node.at("id")),
                                 node.at("cluster").get<std::string>(), node.at("version").get<std::string>(),
                                 node.at("member_state").get<std::string>());
  text += node.at("ready").get<bool>()
              ? "ready\n"
              : fmt::format("not ready: {}\n", node.at("not_ready_because").get<std::string>());
  text += show_epoch(node);
  Table peers({"peer", "address", "tls", "clock offset", "queued"});
  for (const json& peer : node.at("peers")) {
    peers.add({number(peer.at("node")), peer.at("advertise").get<std::string>(), yes_no(peer.at("tls")),
               number(peer.at("clock_offset_ms")) + " ms",
               size_text(peer.value("queued_bytes", std::int64_t{0}))});
  }
  text += node.at("peers").empty() ? "no peers connected\n" : peers.text();
  for (const json& database : node.at("witnessed")) text += show_witnessed(database);
  for (const json& database : answer.at("databases")) text += show_database(database);
  text.pop_back();
  return text;
}

std::string show_members(const json& answer) {
  Table table({"node", "state", "role", "address", "connected", "incarnation"});
  for (const json& member : answer.at("members")) {
    const bool self = member.at("self").get<bool>();
    const json& role = member.at("role");
    table.add({number(member.at("node")), member.at("state").get<std::string>(),
               role.is_null() ? "-" : role.get<std::string>(), member.at("address").get<std::string>(),
               self ? "(this)" : yes_no(member.at("connected")), number(member.at("incarnation"))});
  }
  std::string text = table.text();
  const json& epoch = answer.at("epoch");
  text += epoch.at("number") == 0 ? "no voters were chosen yet"
                                  : fmt::format("epoch {}", number(epoch.at("number")));
  if (!epoch.at("member").get<bool>() && epoch.at("number") != 0) text += ", this node is no member";
  for (const json& removed : answer.at("removed"))
    text += fmt::format("\nnode {} was removed", number(removed.at("node")));
  return text;
}

std::string show_verify(const json& answer) {
  std::string text;
  for (const json& database : answer.at("databases")) {
    text += fmt::format("{}: {}\n", database.at("database").get<std::string>(),
                        database.at("verdict").get<std::string>());
    if (database.at("schema_differs").get<bool>()) text += "  the schema differs\n";
    for (const auto& [node, hashes] : database.at("nodes").items()) {
      const auto error = hashes.at("error").get<std::string>();
      if (!error.empty()) text += fmt::format("  node {}: {}\n", node, error);
    }
    for (const json& repair : database.value("repairs", json::array())) {
      const auto error = repair.at("error").get<std::string>();
      text += fmt::format("  table {} on node {}: {} rows made as on node {}{}\n",
                          repair.at("table").get<std::string>(), number(repair.at("node")),
                          number(repair.at("rows")), number(repair.at("as_on_node")),
                          error.empty() ? "" : "; " + error);
    }
    for (const json& name : database.at("different_tables")) {
      text += fmt::format("  table {} differs\n", name.get<std::string>());
      for (const auto& [node, hashes] : database.at("nodes").items()) {
        const json& tables = hashes.at("tables");
        const auto found = tables.find(name.get<std::string>());
        text += found == tables.end()
                    ? fmt::format("    node {}: no such table\n", node)
                    : fmt::format("    node {}: {} rows, {}\n", node, number(found->at("rows")),
                                  found->at("hash").get<std::string>());
      }
    }
  }
  return text + (answer.at("equal").get<bool>() ? "all nodes are equal" : "the nodes are not equal");
}

std::string show_conflicts(const json& answer) {
  std::string text;
  for (const json& conflict : answer.at("conflicts")) {
    text +=
        fmt::format("{}  {} {} ({})\n", time_text(conflict.at("at")), conflict.at("table").get<std::string>(),
                    compact(conflict.at("key")), conflict.at("reason").get<std::string>());
    for (const char* side : {"winner", "loser"}) {
      const json& write = conflict.at(side);
      const bool decided = write.value("decided", false);
      text +=
          fmt::format("  {:<6} node {}{} #{} {}  {}\n", side, number(write.at("node")), decided ? "q" : "",
                      number(write.at("seq")), time_text(write.at("wall_ms")), compact(write.at("row")));
    }
  }
  if (text.empty()) return "no conflicts";
  text.pop_back();
  return text;
}

std::string show_quarantine(const json& answer) {
  std::string text;
  for (const json& database : answer.at("databases")) {
    for (const json& one : database.at("quarantine"))
      text += database.at("database").get<std::string>() + "  " + quarantined(one);
  }
  if (text.empty()) return "nothing is in quarantine";
  text.pop_back();
  return text;
}

std::string show_databases(const json& answer) {
  if (answer.at("directory").get<std::string>().empty()) return "databases.directory is not set on this node";
  Table table({"database", "state", "path"});
  for (const json& database : answer.at("databases")) {
    table.add({database.at("name").get<std::string>(), database.at("state").get<std::string>(),
               database.at("path").get<std::string>()});
  }
  if (answer.at("databases").empty()) return "no database was made by command";
  std::string text = table.text();
  text.pop_back();
  return text;
}

std::string show_log(const json& answer) {
  std::string text;
  for (const json& record : answer.at("records")) text += compact(record) + "\n";
  if (text.empty()) return "the log holds no such record";
  text.pop_back();
  return text;
}

}  // namespace murmel
