#include "agent/config_keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace murmel {
namespace {

using service::DatabaseSettings;
using service::Settings;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = kKiB * 1024;
constexpr std::int64_t kGiB = kMiB * 1024;
constexpr std::int64_t kTextMax = 4096;
constexpr char kDatabaseLevels[] = "default|one|two|three|quorum|all";

using Key = ConfigKey<Settings>;
using Text = std::string* (*)(Settings&);
using List = std::vector<std::string>* (*)(Settings&);
using Number = std::int64_t* (*)(Settings&);

Key text(const char* name, Text field, const char* help) {
  return {name, KeyKind::kText, field, 0, kTextMax, "", help};
}
Key list(const char* name, List field, const char* help) {
  return {name, KeyKind::kTextList, field, 0, kTextMax, "", help};
}
Key choice(const char* name, Text field, const char* choices, const char* help) {
  return {name, KeyKind::kChoice, field, 0, kTextMax, choices, help};
}
Key number(const char* name, Number field, std::int64_t minimum, std::int64_t maximum, const char* help) {
  return {name, KeyKind::kNumber, field, minimum, maximum, "", help};
}
Key duration(const char* name, Number field, std::int64_t minimum, std::int64_t maximum, const char* help) {
  return {name, KeyKind::kDuration, field, minimum, maximum, "", help};
}
Key size(const char* name, Number field, std::int64_t minimum, std::int64_t maximum, const char* help) {
  return {name, KeyKind::kSize, field, minimum, maximum, "", help};
}

// clang-format off
const std::vector<Key>& all_settings_keys() {
  static const std::vector<Key> kKeys = {
      text("data_dir", [](Settings& s) { return &s.data_dir; },
           "Where the agent keeps its identity, its lock and files in transfer. Belongs to one agent."),

      text("cluster.name", [](Settings& s) { return &s.cluster.name; },
           "Nodes of another cluster name are refused."),
      number("cluster.node_id", [](Settings& s) { return &s.cluster.node_id; }, 0, 0x7fffffff,
             "Number of this node, unique in the cluster; 0 derives one from the data directory's UUID."),
      text("cluster.listen", [](Settings& s) { return &s.cluster.listen; },
           "host:port for other agents. Anything but loopback needs cluster.secret."),
      text("cluster.advertise", [](Settings& s) { return &s.cluster.advertise; },
           "host:port under which the others reach this node; a name is resolved again at each dial. "
           "Empty: cluster.listen."),
      list("cluster.seeds", [](Settings& s) { return &s.cluster.seeds; },
           "host:port of nodes to join through; one reachable node is enough. Empty: first node."),
      text("cluster.secret", [](Settings& s) { return &s.cluster.secret; },
           "Shared secret of the cluster, 16 characters or more; never sent. "
           "The environment variable MURMEL_CLUSTER_SECRET overrides it."),
      choice("cluster.role", [](Settings& s) { return &s.cluster.role; }, "voter|witness|replica",
             "voter: has the databases, and votes on transactions at quorum. witness: only votes, and has no database. "
             "replica: has the databases, and does not vote."),
      choice("cluster.join", [](Settings& s) { return &s.cluster.join; }, "open|closed",
             "open: a node that knows the secret becomes a member by asking. closed: only by `murmel members add`."),
      choice("cluster.consistency", [](Settings& s) { return &s.cluster.consistency; }, "one|two|three|quorum|all",
             "What COMMIT waits for in databases that don't say; the same on all nodes. one: commit here, replicate at once, "
             "the last writer wins per row. quorum: a majority of the voters has it, and nothing that it did not see was "
             "overwritten. all: every voter. two, three: as quorum, and so many voters at least; refused where there are fewer."),
      choice("cluster.bootstrap", [](Settings& s) { return &s.cluster.bootstrap; }, "auto|now|never",
             "Who makes the first set of voters. auto: the node without seeds; or, once every node that starts is linked to "
             "as many others as it names, and none of these is of a cluster, the one with the smallest id. now: this node, "
             "at once. never: not this one."),
      duration("cluster.gossip_interval", [](Settings& s) { return &s.cluster.gossip_interval_ms; }, 50, 60'000,
               "Time between two membership probes."),
      duration("cluster.probe_timeout", [](Settings& s) { return &s.cluster.probe_timeout_ms; }, 10, 60'000,
               "How long a probe waits before other nodes are asked to probe; below gossip_interval."),
      duration("cluster.suspect_timeout", [](Settings& s) { return &s.cluster.suspect_timeout_ms; }, 100, 600'000,
               "How long a node is SUSPECT, and may refute, before it is DEAD."),
      duration("cluster.join_timeout",
               [](Settings& s) { return &s.cluster.join_timeout_ms; }, 0, kHourMs,
               "A node that reaches no other by then is ready alone; it joins whenever one can be reached."),
      duration("cluster.shutdown_grace", [](Settings& s) { return &s.cluster.shutdown_grace_ms; }, 0, 600'000,
               "Longest time for flushing and leaving after SIGTERM."),

      text("peer.tls_cert", [](Settings& s) { return &s.peer.tls_cert; },
           "PEM certificate of this node. The three tls keys belong together; TLS is mutual."),
      text("peer.tls_key", [](Settings& s) { return &s.peer.tls_key; }, "PEM private key of this node."),
      text("peer.tls_ca", [](Settings& s) { return &s.peer.tls_ca; }, "PEM certificates that sign the nodes' certificates."),
      size("peer.frame_bytes_max", [](Settings& s) { return &s.peer.frame_bytes_max; }, 16 * kMiB, 256 * kMiB,
           "A peer that sends a larger frame is cut off. The same on all nodes."),
      size("peer.push_bytes_max", [](Settings& s) { return &s.peer.push_bytes_max; }, 64 * kKiB, kGiB,
           "Above so many unsent bytes nothing is pushed to a peer; it pulls when it can."),
      size("peer.send_queue_bytes_max", [](Settings& s) { return &s.peer.send_queue_bytes_max; }, kMiB, 4 * kGiB,
           "Above so many unsent bytes nothing at all is queued for a peer."),
      size("peer.receive_bytes_per_second", [](Settings& s) { return &s.peer.receive_bytes_per_second; }, kMiB, 64 * kGiB,
           "A peer that sends more is read from more slowly; two seconds' worth may come at once."),
      number("peer.receive_messages_per_second", [](Settings& s) { return &s.peer.receive_messages_per_second; }, 100,
             1'000'000'000, "The same for messages."),
      number("peer.requests_per_second", [](Settings& s) { return &s.peer.requests_per_second; }, 20, 1'000'000'000,
             "The same for requests: a piece of a log or of a snapshot counts 1, a question 20, a new snapshot 20."),
      number("peer.connections_max", [](Settings& s) { return &s.peer.connections_max; }, 2, 4096,
             "Connections with peers that have proven the secret."),
      number("peer.handshakes_max", [](Settings& s) { return &s.peer.handshakes_max; }, 2, 4096,
             "Incoming connections in their handshake; the oldest is cut for a newer one."),
      duration("peer.handshake_timeout", [](Settings& s) { return &s.peer.handshake_timeout_ms; }, 100, 60'000,
               "A connection that is not through its handshake by then is closed."),
      duration("peer.connect_timeout", [](Settings& s) { return &s.peer.connect_timeout_ms; }, 100, 60'000,
               "Time to connect to one address of a peer."),
      duration("peer.silent_max", [](Settings& s) { return &s.peer.silent_max_ms; }, 1'000, 600'000,
               "A peer that acknowledges nothing for so long is cut off."),
      duration("peer.reconnect_interval", [](Settings& s) { return &s.peer.reconnect_interval_ms; }, 10, 60'000,
               "First pause before a lost peer is dialled again; doubles up to reconnect_interval_max."),
      duration("peer.reconnect_interval_max", [](Settings& s) { return &s.peer.reconnect_interval_max_ms; }, 100, kHourMs,
               "Longest pause between two dials."),

      duration("replication.max_clock_offset", [](Settings& s) { return &s.replication.max_clock_offset_ms; }, 1, 60'000,
               "A peer whose wall clock is further off is refused; changes stamped further ahead wait."),
      duration("replication.gc_interval", [](Settings& s) { return &s.replication.gc_interval_ms; }, 100, kDayMs,
               "Time between two rounds of trimming the log."),
      duration("replication.gc_min_retention", [](Settings& s) { return &s.replication.gc_min_retention_ms; }, 0, 90 * kDayMs,
               "A log record is kept at least this long, even when all members have it."),
      duration("replication.gc_max_retention", [](Settings& s) { return &s.replication.gc_max_retention_ms; }, 0, 365 * kDayMs,
               "After this a member that lacks a record no longer holds it back and will get a snapshot; 0: for ever."),
      choice("replication.durability", [](Settings& s) { return &s.replication.durability; }, "fsync|replicated",
             "fsync: a record, or a vote, is on this disk before it leaves the node. replicated: it may leave before; a "
             "power loss then can lose it here, and of a majority of nodes at once also what was decided by them."),
      duration("replication.durable_interval", [](Settings& s) { return &s.replication.durable_interval_ms; }, 1, 10'000,
               "Longest time until applied changes are synced and reported to the others as held here."),
      duration("replication.poll_interval", [](Settings& s) { return &s.replication.poll_interval_ms; }, 50, 60'000,
               "Look at each database this often in case a wake-up was lost."),
      size("replication.snapshot_chunk_bytes", [](Settings& s) { return &s.replication.snapshot_chunk_bytes; }, 4 * kKiB, 4 * kMiB,
           "Size of the pieces in which a snapshot travels."),
      duration("replication.snapshot_timeout", [](Settings& s) { return &s.replication.snapshot_timeout_ms; }, 1'000, 7 * kDayMs,
               "A snapshot that makes no progress for so long is given up and asked for again."),

      duration("commit.vote_timeout", [](Settings& s) { return &s.commit.vote_timeout_ms; }, 20, 60'000,
               "How long a transaction at quorum or all waits for the others' votes before it is given up."),
      duration("commit.recovery_timeout", [](Settings& s) { return &s.commit.recovery_timeout_ms; }, 50, 60'000,
               "How long a node that voted waits for the decision before it asks the others for it: rows that a crashed "
               "node was writing are free again after one to two times this."),

      duration("anti_entropy.interval", [](Settings& s) { return &s.anti_entropy.interval_ms; }, 0, 365 * kDayMs,
               "Time between two comparisons of all nodes' rows, which reads every database once; a node that differs takes "
               "the rows of the majority. 0: never."),

      size("limits.tail_bytes", [](Settings& s) { return &s.limits.tail_bytes; }, 64 * kKiB, 256 * kMiB,
           "Log bytes read in one go."),
      size("limits.apply_bytes", [](Settings& s) { return &s.limits.apply_bytes; }, 64 * kKiB, kGiB,
           "Changes applied in one SQLite transaction (a larger transaction is still applied whole)."),
      size("limits.hold_back_bytes", [](Settings& s) { return &s.limits.hold_back_bytes; }, kMiB, 4 * kGiB,
           "Changes per database that wait for what they depend on; above it they are dropped and pulled again."),
      number("limits.databases", [](Settings& s) { return &s.limits.databases; }, 1, 4096,
             "Databases one agent serves."),
      size("limits.disk_free_bytes_min", [](Settings& s) { return &s.limits.disk_free_bytes_min; }, 0, 1024 * kGiB,
           "Applying stops while the file system has less room than this."),
      size("limits.witness_bytes", [](Settings& s) { return &s.limits.witness_bytes; }, kMiB, 64 * kGiB,
           "Of a witness, in memory and on disk: decided transactions of a database kept for a voter that is away; "
           "beyond it the witness does not vote for that database."),

      text("admin.listen", [](Settings& s) { return &s.admin.listen; },
           "host:port of the admin HTTP server; empty: none. It has no password: keep it on loopback."),
      number("admin.connections_max", [](Settings& s) { return &s.admin.connections_max; }, 1, 1024,
             "Open admin connections; more are closed at once."),
      size("admin.body_bytes_max", [](Settings& s) { return &s.admin.body_bytes_max; }, 0, 16 * kMiB,
           "A longer request body is refused with 413."),

      text("mysql.listen", [](Settings& s) { return &s.mysql.listen; },
           "host:port for MySQL clients; empty: none."),
      text("mysql.socket", [](Settings& s) { return &s.mysql.socket; }, "Unix socket for MySQL clients; empty: none."),
      text("mysql.root_password", [](Settings& s) { return &s.mysql.root_password; },
           "Password of root until it has one of its own (ALTER USER). MURMEL_MYSQL_ROOT_PASSWORD overrides it."),
      choice("mysql.root_without_password", [](Settings& s) { return &s.mysql.root_without_password; }, "never|loopback",
             "loopback: as long as mysql.root_password is empty, whoever is on this machine is root."),
      text("mysql.tls_cert", [](Settings& s) { return &s.mysql.tls_cert; },
           "PEM certificate shown to clients, with mysql.tls_key. Empty: one is made in the data directory."),
      text("mysql.tls_key", [](Settings& s) { return &s.mysql.tls_key; },
           "PEM private key of mysql.tls_cert. If it is an RSA key, passwords are taken without TLS too, encrypted with it."),
      text("mysql.extension_directory", [](Settings& s) { return &s.mysql.extension_directory; },
           "Folder of SQLite extensions that LOAD EXTENSION may load (privilege SUPER); empty: none."),
      list("mysql.extensions", [](Settings& s) { return &s.mysql.extensions; },
           "Names of extensions there that each session begins with, as LOAD EXTENSION takes them."),
      choice("mysql.auto_increment", [](Settings& s) { return &s.mysql.auto_increment; }, "compact|extended",
             "BIGINT AUTO_INCREMENT, the same on all nodes. compact: 53 bits, exact in JavaScript; extended: 63, more nodes and longer INSERTs."),
      choice("mysql.local_infile", [](Settings& s) { return &s.mysql.local_infile; }, "off|on",
             "on: LOAD DATA LOCAL is allowed, as by SET GLOBAL local_infile = 1. Clients must allow it as well."),
      text("mysql.secure_file_priv", [](Settings& s) { return &s.mysql.secure_file_priv; },
           "Folder of this machine for LOAD DATA INFILE and SELECT ... INTO OUTFILE (privilege FILE); empty: both are refused."),
      number("mysql.connections_max", [](Settings& s) { return &s.mysql.connections_max; }, 1, 10'000,
             "Clients at a time; each has a thread. More are told 'Too many connections'."),
      size("mysql.packet_bytes_max", [](Settings& s) { return &s.mysql.packet_bytes_max; }, kMiB, kGiB,
           "A client that sends a longer statement or parameter is cut off."),
      duration("mysql.login_timeout", [](Settings& s) { return &s.mysql.login_timeout_ms; }, 100, 600'000,
               "A client that has not logged in by then is cut off."),
      duration("mysql.idle_timeout", [](Settings& s) { return &s.mysql.idle_timeout_ms; }, 1'000, 31 * kDayMs,
               "A client that asks for nothing for so long is cut off; its transaction is rolled back."),
      duration("mysql.lock_wait_timeout", [](Settings& s) { return &s.mysql.lock_wait_timeout_ms; }, 0, kHourMs,
               "How long a statement waits for other writers of the database."),

      choice("log.level", [](Settings& s) { return &s.log.level; }, "debug|info|warn|error", "Least level that is written."),
      choice("log.format", [](Settings& s) { return &s.log.format; }, "auto|human|json",
             "auto: human on a terminal, JSON otherwise."),

      list("databases.glob", [](Settings& s) { return &s.database_globs; },
           "Files to replicate besides [[database]]; a database is named after its file without extension. "
           "A file that appears on one node is made on the others, where a glob of theirs matches its name and the "
           "glob's folder has no wildcard."),
      text("databases.directory", [](Settings& s) { return &s.database_directory; },
           "Where the files of databases made by `murmel database create` are; the same key on all nodes, not the same "
           "folder. A folder that no glob looks into. Empty: `databases` in data_dir if there is a port for MySQL clients, else "
           "this node takes no part in them."),
      duration("databases.scan_interval", [](Settings& s) { return &s.glob_scan_interval_ms; }, 0, kHourMs,
               "Look for new files this often; 0: only on SIGHUP and on POST /admin/rescan."),
      choice("databases.out_of_band", [](Settings& s) { return &s.glob_out_of_band; }, "capture|refuse|warn",
             "out_of_band of the databases found by glob, or made by command."),
      choice("databases.consistency", [](Settings& s) { return &s.glob_consistency; }, kDatabaseLevels,
             "consistency of the databases found by glob, or made by command."),
      choice("databases.agent_away", [](Settings& s) { return &s.glob_agent_away; }, "refuse|async",
             "agent_away of the databases found by glob, or made by command."),
      choice("databases.schema_changes", [](Settings& s) { return &s.glob_schema_changes; }, "auto|quorum|one",
             "schema_changes of the databases found by glob, or made by command."),
  };
  return kKeys;
}

const std::vector<ConfigKey<DatabaseSettings>>& all_database_keys() {
  using D = DatabaseSettings;
  static const std::vector<ConfigKey<D>> kKeys = {
      {"name", KeyKind::kText, [](D& d) { return &d.name; }, 1, 64, "",
       "Name of the database, the same on all nodes: letters, digits, '_', '-', '.'."},
      {"path", KeyKind::kText, [](D& d) { return &d.path; }, 1, kTextMax, "",
       "The SQLite file. It is made when it does not exist."},
      {"consistency", KeyKind::kChoice, [](D& d) { return &d.consistency; }, 0, kTextMax, kDatabaseLevels,
       "What COMMIT waits for, unless connection or transaction say otherwise. default: cluster.consistency."},
      {"agent_away", KeyKind::kChoice, [](D& d) { return &d.agent_away; }, 0, kTextMax, "refuse|async",
       "Writes at quorum or all while no agent answers. refuse: they fail. async: they are committed as at one."},
      {"schema_changes", KeyKind::kChoice, [](D& d) { return &d.schema_changes; }, 0, kTextMax, "auto|quorum|one",
       "CREATE, ALTER and DROP of applications with the extension. quorum: a majority decides them, also where rows are "
       "at one, so two nodes never change the schema at once. one: as rows. auto: quorum if the cluster has other members."},
      {"out_of_band", KeyKind::kChoice, [](D& d) { return &d.out_of_band; }, 0, kTextMax, "capture|refuse|warn",
       "Writers that did not load the extension. capture: triggers record their changes. refuse: their writes "
       "fail. warn: they are noticed and reported."},
      {"include", KeyKind::kTextList, [](D& d) { return &d.include; }, 0, kTextMax, "",
       "Globs of table names to replicate; empty: all tables."},
      {"exclude", KeyKind::kTextList, [](D& d) { return &d.exclude; }, 0, kTextMax, "",
       "Globs of table names to leave out; wins over include."},
  };
  return kKeys;
}
// clang-format on

struct Unit {
  const char* name;
  std::int64_t factor;
};
// Largest first: printing takes the first that divides.
constexpr std::array kDurationUnits = {Unit{"h", kHourMs}, Unit{"min", 60'000}, Unit{"s", 1'000},
                                       Unit{"ms", 1}};
constexpr std::array kSizeUnits = {Unit{"GiB", kGiB}, Unit{"MiB", kMiB}, Unit{"KiB", kKiB}, Unit{"B", 1}};

bool parse_with_unit(std::string_view text, std::span<const Unit> units, std::int64_t* value) {
  std::int64_t count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc{} || count < 0) return false;
  std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  for (const Unit& unit : units) {
    if (rest != unit.name) continue;
    if (count > INT64_MAX / unit.factor) return false;
    *value = count * unit.factor;
    return true;
  }
  if (!rest.empty() || count != 0) return false;
  *value = 0;  // "0" needs no unit
  return true;
}

std::string print_with_unit(std::int64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) return std::to_string(value / unit.factor) + unit.name;
  }
  return std::to_string(value);
}

}  // namespace

std::span<const ConfigKey<Settings>> settings_keys() {
  return all_settings_keys();
}
std::span<const ConfigKey<DatabaseSettings>> database_keys() {
  return all_database_keys();
}

std::string nearest_name(std::string_view name, std::span<const std::string> known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(3, name.size() / 2) + 1;
  std::vector<std::size_t> row;
  for (const std::string& candidate : known) {
    row.resize(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= name.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const std::size_t replaced = diagonal + (name[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

bool parse_duration(std::string_view text, std::int64_t* ms) {
  return parse_with_unit(text, kDurationUnits, ms);
}
bool parse_size(std::string_view text, std::int64_t* bytes) {
  return parse_with_unit(text, kSizeUnits, bytes);
}
std::string print_duration(std::int64_t ms) {
  return print_with_unit(ms, kDurationUnits);
}
std::string print_size(std::int64_t bytes) {
  return print_with_unit(bytes, kSizeUnits);
}

}  // namespace murmel
