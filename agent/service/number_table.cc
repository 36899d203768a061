#include "agent/service/number_table.h"

#include <algorithm>
#include <string_view>

namespace murmel::service {
namespace {

constexpr char kNumberTables[] = R"(
CREATE TABLE number_tables (
  db TEXT NOT NULL, tbl TEXT NOT NULL, claimed INTEGER NOT NULL, floor INTEGER NOT NULL,
  PRIMARY KEY (db, tbl)) WITHOUT ROWID;
CREATE TABLE number_ranges (
  db TEXT NOT NULL, tbl TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, node INTEGER NOT NULL,
  PRIMARY KEY (db, tbl, first)) WITHOUT ROWID;
CREATE TABLE number_places (place INTEGER NOT NULL PRIMARY KEY, node INTEGER NOT NULL);)";
constexpr char kReadTable[] = "SELECT claimed, floor FROM number_tables WHERE db = ? AND tbl = ?";
constexpr char kReadRanges[] =
    "SELECT first, last FROM number_ranges WHERE db = ? AND tbl = ? AND node = ? ORDER BY first";
constexpr char kReadFloors[] = "SELECT tbl, floor FROM number_tables WHERE db = ? AND floor > 0";
constexpr char kReadPlaces[] = "SELECT place, node FROM number_places";
constexpr char kWriteTable[] = "REPLACE INTO number_tables (db, tbl, claimed, floor) VALUES (?, ?, ?, ?)";
constexpr char kWriteRange[] =
    "REPLACE INTO number_ranges (db, tbl, first, last, node) VALUES (?, ?, ?, ?, ?)";
constexpr char kReadDatabase[] = "SELECT 1 FROM number_tables WHERE db = ? LIMIT 1";
constexpr char kDropTables[] = "DELETE FROM number_tables WHERE db = ?";
constexpr char kDropRanges[] = "DELETE FROM number_ranges WHERE db = ?";
constexpr char kWritePlace[] = "REPLACE INTO number_places (place, node) VALUES (?, ?)";

ClientValue value(const std::string& text) {
  return std::string_view(text);
}
ClientValue value(NodeId node) {
  return static_cast<std::int64_t>(node);
}

// Any of them tells that all are there: they are made together.
ClientResult<bool> are_made(ClientDatabase& database) {
  return has_table(database, "number_tables");
}

Written make_tables(ClientDatabase& database) {
  const auto made = are_made(database);
  if (!made.ok()) return made.error();
  return *made ? Written(std::monostate()) : database.run(kNumberTables);
}

ClientResult<bool> write_table(ClientDatabase& database, const NumberedTable& table, std::int64_t claimed,
                               std::int64_t floor) {
  const auto written =
      run_with(database, kWriteTable, {value(table.database), value(table.table), claimed, floor});
  if (!written.ok()) return written.error();
  return true;
}

ClientResult<std::map<std::int64_t, NodeId>> all_places(ClientDatabase& database) {
  std::map<std::int64_t, NodeId> places;
  const auto made = are_made(database);
  if (!made.ok()) return made.error();
  if (!*made) return places;
  const auto done = each_row(database, kReadPlaces, {}, [&](const ClientStatement& row) {
    places[number_at(row, 0)] = static_cast<NodeId>(number_at(row, 1));
  });
  if (!done.ok()) return done.error();
  return places;
}

}  // namespace

ClientResult<TableNumbers> read_numbers(ClientDatabase& database, const NumberedTable& table, NodeId node) {
  TableNumbers numbers;
  const auto made = are_made(database);
  if (!made.ok()) return made.error();
  if (!*made) return numbers;
  auto done = each_row(database, kReadTable, {value(table.database), value(table.table)},
                       [&](const ClientStatement& row) {
                         numbers.claimed = number_at(row, 0);
                         numbers.floor = number_at(row, 1);
                       });
  if (!done.ok()) return done.error();
  done = each_row(database, kReadRanges, {value(table.database), value(table.table), value(node)},
                  [&](const ClientStatement& row) {
                    numbers.ranges.push_back({number_at(row, 0), number_at(row, 1)});
                  });
  if (!done.ok()) return done.error();
  return numbers;
}

ClientResult<bool> claim_numbers(ClientDatabase& database, const NumberedTable& table,
                                 const NumberClaim& claim) {
  const auto made = make_tables(database);
  if (!made.ok()) return made.error();
  const auto now = read_numbers(database, table, claim.node);
  if (!now.ok()) return now.error();
  if (now->claimed > claim.expected) return false;
  const std::int64_t behind = std::max({now->claimed, now->floor, claim.behind});
  if (behind >= claim.most) return false;
  const std::int64_t last = behind + std::min(claim.size, claim.most - behind);
  const bool joins = !now->ranges.empty() && now->ranges.back().last == behind;
  const std::int64_t first = joins ? now->ranges.back().first : behind + 1;
  const auto written = run_with(database, kWriteRange,
                                {value(table.database), value(table.table), first, last, value(claim.node)});
  if (!written.ok()) return written.error();
  return write_table(database, table, last, now->floor);
}

ClientResult<bool> write_floor(ClientDatabase& database, const NumberedTable& table, std::int64_t floor) {
  const auto made = make_tables(database);
  if (!made.ok()) return made.error();
  const auto now = read_numbers(database, table, 0);
  if (!now.ok()) return now.error();
  if (now->floor == floor) return false;
  return write_table(database, table, now->claimed, floor);
}

ClientResult<std::map<std::string, std::int64_t>> read_floors(ClientDatabase& database,
                                                              const std::string& id) {
  std::map<std::string, std::int64_t> floors;
  const auto made = are_made(database);
  if (!made.ok()) return made.error();
  if (!*made) return floors;
  const auto done = each_row(database, kReadFloors, {value(id)}, [&](const ClientStatement& row) {
    floors[text_at(row, 0)] = number_at(row, 1);
  });
  if (!done.ok()) return done.error();
  return floors;
}

ClientResult<bool> carry_numbers(ClientDatabase& database, const NumberedTable& from, const std::string& to) {
  const auto old = read_numbers(database, from, 0);
  if (!old.ok()) return old.error();
  const NumberedTable renamed{from.database, to};
  const auto now = read_numbers(database, renamed, 0);
  if (!now.ok()) return now.error();
  const std::int64_t claimed = std::max({now->claimed, old->claimed, old->floor});
  if (claimed == 0) return false;
  return write_table(database, renamed, claimed, now->floor);
}

ClientResult<bool> drop_numbers(ClientDatabase& database, const std::string& id) {
  bool any = false;
  const auto made = are_made(database);
  if (!made.ok() || !*made) return made;
  auto done = each_row(database, kReadDatabase, {value(id)}, [&](const ClientStatement&) { any = true; });
  for (const char* const drop : {kDropTables, kDropRanges}) {
    if (done.ok() && any) done = run_with(database, drop, {value(id)});
  }
  if (!done.ok()) return done.error();
  return any;
}

ClientResult<NumberPlaces> read_places(ClientDatabase& database, NodeId node) {
  const auto all = all_places(database);
  if (!all.ok()) return all.error();
  NumberPlaces places;
  for (const auto& [place, owner] : *all) {
    if (owner == node) places.own = place;
    places.count = std::max(places.count, place + 1);
  }
  return places;
}

ClientResult<bool> claim_place(ClientDatabase& database, NodeId node, const std::vector<NodeId>& members,
                               std::int64_t most) {
  const auto made = make_tables(database);
  if (!made.ok()) return made.error();
  const auto all = all_places(database);
  if (!all.ok()) return all.error();
  std::int64_t place = 0;
  std::optional<std::int64_t> left;  // behind by a node that has gone
  for (const auto& [taken, owner] : *all) {
    if (owner == node) return false;
    if (taken == place) ++place;
    const bool here = std::find(members.begin(), members.end(), owner) != members.end();
    if (!here && !left.has_value()) left = taken;
  }
  if (place >= most && !left.has_value()) return false;
  const auto written = run_with(database, kWritePlace, {place < most ? place : *left, value(node)});
  if (!written.ok()) return written.error();
  return true;
}

}  // namespace murmel::service
