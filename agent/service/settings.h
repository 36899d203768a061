// Settings: everything the agent can be told, as plain values with their defaults. Filled by agent/config
// (file, environment, flags), read by the flows; never changed after the start.
//
// Durations are milliseconds, sizes are bytes; the limits of each value are in agent/config_keys.cc, which is
// also the reference that `murmel agent --print-config` prints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace murmel::service {

// The database in which the cluster keeps which databases there are (database_catalog.h).
inline constexpr char kCatalogName[] = "murmel.catalog";
// The one in which the accounts of MySQL clients are (account_table.h).
inline constexpr char kAccountsName[] = "murmel.accounts";

// What happens with writes of connections that did not load the extension; applies to a whole database.
inline constexpr char kOutOfBandWarn[] = "warn";
inline constexpr char kSchemaChangesAuto[] = "auto";
inline constexpr char kConsistencyDefault[] = "default";  // as cluster.consistency

struct DatabaseSettings {
  std::string name;  // the same on all nodes; 1..64 of [A-Za-z0-9_.-]
  std::string path;
  std::string consistency = kConsistencyDefault;
  std::string agent_away = "refuse";  // at quorum and all: what becomes of writes while no agent answers
  std::string schema_changes =
      kSchemaChangesAuto;  // 'quorum', 'one'; auto: quorum if there are other members
  std::string out_of_band = kOutOfBandWarn;
  std::vector<std::string> include;  // table name globs; empty = all
  std::vector<std::string> exclude;
};

struct ClusterSettings {
  std::string name = "murmel";
  std::int64_t node_id = 0;  // 0: derived from the data directory's UUID
  std::string listen = "127.0.0.1:7400";
  std::string advertise;  // empty: the listen address
  std::vector<std::string> seeds;
  std::string secret;
  std::string role = "voter";
  std::string bootstrap = "auto";
  std::string join = "open";
  std::string consistency = "one";  // of databases that don't say
  std::int64_t gossip_interval_ms = 1'000;
  std::int64_t probe_timeout_ms = 500;
  std::int64_t suspect_timeout_ms = 5'000;
  std::int64_t join_timeout_ms = 3'000;
  std::int64_t shutdown_grace_ms = 15'000;
};

struct PeerSettings {
  std::string tls_cert;
  std::string tls_key;
  std::string tls_ca;
  std::int64_t frame_bytes_max = 256 << 20;
  std::int64_t push_bytes_max = 8 << 20;
  std::int64_t send_queue_bytes_max = 64 << 20;
  std::int64_t receive_bytes_per_second = 512 << 20;
  std::int64_t receive_messages_per_second = 50'000;
  std::int64_t requests_per_second = 2'000;
  std::int64_t connections_max = 256;
  std::int64_t handshakes_max = 64;
  std::int64_t handshake_timeout_ms = 5'000;
  std::int64_t connect_timeout_ms = 3'000;
  std::int64_t silent_max_ms = 15'000;
  std::int64_t reconnect_interval_ms = 200;
  std::int64_t reconnect_interval_max_ms = 10'000;
};

struct ReplicationSettings {
  std::int64_t max_clock_offset_ms = 500;
  std::int64_t gc_interval_ms = 60'000;
  std::int64_t gc_min_retention_ms = 2LL * 3'600'000;
  std::int64_t gc_max_retention_ms = 24LL * 3'600'000;
  std::string durability = "fsync";
  std::int64_t durable_interval_ms = 20;
  std::int64_t poll_interval_ms = 1'000;
  std::int64_t snapshot_chunk_bytes = 256 << 10;
  std::int64_t snapshot_timeout_ms = 1'800'000;
};

struct CommitSettings {
  std::int64_t vote_timeout_ms = 300;
  std::int64_t recovery_timeout_ms = 400;
};

struct AntiEntropySettings {
  std::int64_t interval_ms = 6LL * 3'600'000;  // 0: never
};

struct LimitSettings {
  std::int64_t tail_bytes = 4 << 20;
  std::int64_t apply_bytes = 16 << 20;
  std::int64_t hold_back_bytes = 64 << 20;
  std::int64_t databases = 256;
  std::int64_t disk_free_bytes_min = 16 << 20;
  std::int64_t witness_bytes = 1 << 30;
};

struct AdminSettings {
  std::string listen = "127.0.0.1:7401";  // empty: off
  std::int64_t connections_max = 32;
  std::int64_t body_bytes_max = 64 << 10;
};

struct MysqlSettings {
  std::string listen;  // empty: no TCP
  std::string socket;  // empty: no Unix socket
  std::string root_password;
  std::string root_without_password = "never";
  std::string tls_cert;  // empty: made at the first start
  std::string tls_key;
  std::string extension_directory;      // empty: none are loaded
  std::vector<std::string> extensions;  // that each session begins with
  std::string local_infile = "off";
  std::string secure_file_priv;            // empty: clients have no files here
  std::string auto_increment = "compact";  // of BIGINT columns: 53 bits, or "extended": 63
  std::int64_t connections_max = 151;
  std::int64_t packet_bytes_max = 64 << 20;
  std::int64_t login_timeout_ms = 10'000;
  std::int64_t idle_timeout_ms = 8LL * 3'600'000;
  std::int64_t lock_wait_timeout_ms = 50'000;
  bool enabled() const { return !listen.empty() || !socket.empty(); }
};

struct LogSettings {
  std::string level = "info";
  std::string format = "auto";
};

struct Settings {
  std::string data_dir = "./murmel-data";
  ClusterSettings cluster;
  PeerSettings peer;
  ReplicationSettings replication;
  CommitSettings commit;
  AntiEntropySettings anti_entropy;
  LimitSettings limits;
  AdminSettings admin;
  MysqlSettings mysql;
  LogSettings log;
  std::vector<std::string> database_globs;
  std::string database_directory;  // where those of `murmel database create` are; empty: see databases_folder
  std::string glob_out_of_band = kOutOfBandWarn;
  std::string glob_consistency = kConsistencyDefault;
  std::string glob_agent_away = "refuse";
  std::string glob_schema_changes = "auto";
  std::int64_t glob_scan_interval_ms = 2'000;  // 0: only when asked to
  std::vector<DatabaseSettings> databases;

  // Where new databases are made; empty: nowhere. MySQL's clients make databases, so with a port for them
  // there is a place.
  std::string databases_folder() const {
    const bool makes = mysql.enabled() && cluster.role != "witness";
    return database_directory.empty() && makes ? data_dir + "/databases" : database_directory;
  }
};

}  // namespace murmel::service
