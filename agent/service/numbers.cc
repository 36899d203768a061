#include "agent/service/numbers.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "agent/service/log.h"

namespace murmel::service {
namespace {

using Clock = std::chrono::steady_clock;
using Done = mysql::Answer<std::monostate>;

constexpr Patience kClaimPatience{std::chrono::seconds(4), std::chrono::milliseconds(500),
                                  std::chrono::milliseconds(5)};
constexpr std::chrono::seconds kAheadAgain(10);
constexpr int kClaimsMax = 20;  // others claim at the same time

mysql::ClientError refused(const ClientFault& fault) {
  return mysql::no_auto_increment("no numbers were had from the other nodes (" + fault.message + ")");
}

struct Sizes {
  std::int64_t first;
  std::int64_t most;
};

// TINYINT: always 8. INT: 1,024 up to 8 million.
Sizes sizes(std::int64_t most) {
  const auto first = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(std::sqrt(static_cast<double>(most))) / 32, 8, 1'024);
  return {first, std::max(first, most / 256)};
}

std::int64_t next_size(const session::NumberRanges& ranges, std::int64_t most) {
  const auto [first, limit] = sizes(most);
  return std::clamp(ranges.size(), first, limit);
}

}  // namespace

Numbers::Numbers(std::string path, NodeId node, session::Ids::Layout layout)
    : path_(std::move(path)), node_(node), wide_(layout) {}

std::shared_ptr<Numbers::Entry> Numbers::entry(const NumberedTable& table) {
  const std::lock_guard lock(mutex_);
  auto& entry = entries_[{table.database, table.table}];
  if (!entry) entry = std::make_shared<Entry>();
  return entry;
}

Numbers::Read Numbers::reader(const NumberedTable& table, Entry& entry) const {
  return [&table, &entry, node = node_](ClientDatabase& database) -> Written {
    auto numbers = read_numbers(database, table, node);
    if (!numbers.ok()) return numbers.error();
    entry.claimed = numbers->claimed;
    entry.ranges.set(std::move(numbers->ranges), numbers->floor);
    entry.read = true;
    return kWritten;
  };
}

Done Numbers::look(const Read& read) const {
  const auto database = ClientDatabase::open(path_, kSystemLockWaitMs);
  if (!database.ok()) return mysql::no_auto_increment(database.error().message);
  const Written done = read(**database);
  if (!done.ok()) return refused(done.error());
  return kWritten;
}

Done Numbers::write(const SystemEdit& edit, const Read& then) const {
  const auto database = open_at_quorum(path_);
  if (!database.ok()) return mysql::no_auto_increment(database.error().message);
  if (const auto fault = write_in_time(**database, edit, kClaimPatience)) return refused(*fault);
  const Written done = then(**database);
  if (!done.ok()) return refused(done.error());
  return kWritten;
}

// --- columns narrower than BIGINT -------------------------------------------------------------------------

Done Numbers::claim(const Column& column, std::int64_t wanted, std::int64_t behind, Entry& entry) const {
  const std::int64_t size = std::max(wanted, next_size(entry.ranges, column.most));
  const NumberClaim claim{node_, behind, size, column.most, entry.claimed};
  return write([&](ClientDatabase& database) { return claim_numbers(database, column.table, claim); },
               reader(column.table, entry));
}

// While a majority is there. What does not work now is tried again, and told when numbers are missing.
void Numbers::claim_ahead(const Column& column, Entry& entry) const {
  const bool enough = entry.ranges.left() >= next_size(entry.ranges, column.most) / 2;
  if (enough || entry.claimed >= column.most || Clock::now() < entry.ahead_again) return;
  if (const Done done = claim(column, 1, 0, entry); !done.ok()) {
    entry.ahead_again = Clock::now() + kAheadAgain;
    log_info("no AUTO_INCREMENT numbers can be claimed ahead",
             {{"table", column.table.table}, {"reason", done.error().message}});
  }
}

// A number beyond all that were claimed was given by a client, or is of a node whose claim is not here yet.
mysql::Answer<session::NumberRun> Numbers::next(const Column& column, std::int64_t wanted,
                                                const Greatest& greatest) {
  const std::shared_ptr<Entry> entry = this->entry(column.table);
  const std::lock_guard lock(entry->mutex);
  if (entry->version != column.version) entry->ranges.forget_given();
  Done done = kWritten;
  if (!entry->read || entry->version != column.version) done = look(reader(column.table, *entry));
  entry->version = column.version;
  const auto in_table = greatest({1, column.most});
  if (!in_table.has_value()) return mysql::no_auto_increment("");
  if (done.ok() && *in_table > entry->claimed) done = look(reader(column.table, *entry));
  const std::int64_t behind = *in_table > entry->claimed ? *in_table : 0;
  for (int round = 0; done.ok() && round < kClaimsMax; ++round) {
    const auto run = entry->ranges.next(wanted, behind, greatest);
    if (!run.has_value()) return mysql::no_auto_increment("");
    if (run->count > 0) {
      claim_ahead(column, *entry);
      return *run;
    }
    const std::int64_t left = entry->ranges.left();
    if (entry->claimed < column.most) {
      done = claim(column, wanted, behind, *entry);
    } else if (wanted > 1 && left > 0) {
      wanted = std::min(wanted - 1, left);
    } else {
      return mysql::no_auto_increment("");
    }
  }
  return done.ok() ? mysql::no_auto_increment("") : done.error();
}

void Numbers::forget(const NumberedTable& table) {
  const std::shared_ptr<Entry> entry = this->entry(table);
  const std::lock_guard lock(entry->mutex);
  entry->ranges.forget_given();
  entry->read = false;
}

Done Numbers::set_floor(const NumberedTable& table, std::int64_t floor) {
  const std::shared_ptr<Entry> entry = this->entry(table);
  const std::lock_guard lock(entry->mutex);
  TableNumbers now;
  Done done = look([&](ClientDatabase& database) -> Written {
    auto numbers = read_numbers(database, table, node_);
    if (!numbers.ok()) return numbers.error();
    now = std::move(*numbers);
    return kWritten;
  });
  if (!done.ok() || now.floor == floor) return done;
  return write([&](ClientDatabase& database) { return write_floor(database, table, floor); },
               reader(table, *entry));
}

std::map<std::string, std::int64_t> Numbers::floors(const std::string& database) const {
  std::map<std::string, std::int64_t> floors;
  const Done done = look([&](ClientDatabase& tables) -> Written {
    auto found = read_floors(tables, database);
    if (!found.ok()) return found.error();
    floors = std::move(*found);
    return kWritten;
  });
  if (!done.ok()) log_warn("AUTO_INCREMENT of tables can't be told", {{"reason", done.error().message}});
  return floors;
}

Done Numbers::drop_database(const std::string& id) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(entries_, [&](const auto& known) { return known.first.first == id; });
  }
  return write([&](ClientDatabase& database) { return drop_numbers(database, id); },
               [](ClientDatabase&) { return Written(kWritten); });
}

Done Numbers::carry(const NumberedTable& from, const std::string& to) {
  return write([&](ClientDatabase& database) { return carry_numbers(database, from, to); },
               [](ClientDatabase&) { return Written(kWritten); });
}

// --- BIGINT -----------------------------------------------------------------------------------------------

void Numbers::set_members(std::vector<NodeId> members) {
  const std::lock_guard lock(mutex_);
  members_ = std::move(members);
}

Numbers::Read Numbers::reader(NumberPlaces& places) const {
  return [&places, node = node_](ClientDatabase& database) -> Written {
    const auto found = read_places(database, node);
    if (!found.ok()) return found.error();
    places = *found;
    return kWritten;
  };
}

Done Numbers::place() {
  const std::lock_guard lock(placing_);
  NumberPlaces places;
  const Read read = reader(places);
  Done done = look(read);
  if (done.ok() && !places.own.has_value()) {
    std::vector<NodeId> members;
    {
      const std::lock_guard members_lock(mutex_);
      members = members_;
    }
    const auto claim = [&](ClientDatabase& database) {
      return claim_place(database, node_, members, wide_.places_max());
    };
    done = write(claim, read);
  }
  if (!done.ok()) return done;
  if (!places.own.has_value())
    return mysql::no_auto_increment("too many nodes for mysql.auto_increment = \"compact\"");
  wide_.set_place({*places.own, places.count});
  placed_ = true;
  return kWritten;
}

// If they can't be read now, they are with the next change.
void Numbers::count_places() {
  if (!placed_) return;
  NumberPlaces places;
  const Done done = look(reader(places));
  if (done.ok() && places.own.has_value()) wide_.set_place({*places.own, places.count});
}

mysql::Answer<session::NumberRun> Numbers::next_wide(std::int64_t wanted) {
  if (!placed_) {
    const Done done = place();
    if (!done.ok()) return done.error();
  }
  return wide_.next(wanted);
}

}  // namespace murmel::service
