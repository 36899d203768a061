#include "agent/service/replica_set.h"

#include <glob.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "agent/service/database_folder.h"
#include "agent/service/log.h"
#include "agent/wire/messages.h"

namespace murmel::service {
namespace {

constexpr std::size_t kUnknownNamesMax = 256;
constexpr std::size_t kSaidMax = 4'096;

std::string canonical(const std::string& path) {
  std::error_code failure;
  const auto result = std::filesystem::weakly_canonical(path, failure);
  return failure ? path : result.string();
}

// FNV-1a: a short name for a socket file, the same at each start.
std::uint32_t short_hash(const std::string& text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
  return hash;
}

}  // namespace

ReplicaSet::ReplicaSet(io::Loop& loop, ReplicaSetOptions options, PeerOutbox& outbox, JournalThread& journal,
                       const VoterSource& voters, ReplicaHost& host)
    : loop_(loop),
      options_(std::move(options)),
      outbox_(outbox),
      journal_(journal),
      voters_(voters),
      host_(host),
      scan_timer_(loop, [this] { rescan(); }) {}

void ReplicaSet::start() {
  for (const DatabaseSettings& database : options_.settings->databases) add(database);
  rescan();
}

int ReplicaSet::rescan() {
  const std::int64_t interval_ms = options_.settings->glob_scan_interval_ms;
  if (interval_ms > 0 && !options_.settings->database_globs.empty())
    scan_timer_.start(milliseconds(interval_ms));
  std::set<std::string> known;
  for (const auto& [name, replica] : replicas_) known.insert(replica->path());
  int added = 0;
  for (const DatabaseSettings& database : found_by_globs()) {
    if (known.contains(canonical(database.path)) || detached_.contains(database.name)) continue;
    if (replicas_.contains(database.name)) {
      if (once("twice " + database.path)) {
        log_warn("two files would be the same database; the second is left out",
                 {{"database", database.name}, {"path", database.path}});
      }
      continue;
    }
    if (!has_room(database.path)) continue;
    of_globs_.insert(database.name);
    add(database);
    ++added;
  }
  return added;
}

bool ReplicaSet::has_room(const std::string& path) {
  if (static_cast<std::int64_t>(replicas_.size()) < options_.settings->limits.databases) return true;
  if (once("full " + path)) log_warn("limits.databases is reached; a file is left out", {{"path", path}});
  return false;
}

// For the log: what is looked at again and again is told once.
bool ReplicaSet::once(const std::string& what) {
  return said_.size() < kSaidMax && said_.insert(what).second;
}

std::vector<std::string> ReplicaSet::open_files_of_globs() const {
  std::vector<std::string> files;
  for (const auto& [name, replica] : replicas_) {
    if (replica->state() != ReplicaState::kOpen || !of_globs_.contains(name)) continue;
    files.push_back(std::filesystem::path(replica->path()).filename().string());
  }
  return files;
}

bool ReplicaSet::make_from_peer(const std::string& file_name) {
  const std::string name = database_name_of(file_name);
  if (replicas_.contains(name) || detached_.contains(name)) return false;
  const std::optional<std::string> place = place_for(options_.settings->database_globs, file_name);
  if (!place || !has_room(*place)) return false;
  log_info("a peer has a database that belongs here too; making it", {{"database", name}, {"path", *place}});
  of_globs_.insert(name);
  add(of_glob(name, *place));
  return true;
}

DatabaseSettings ReplicaSet::of_glob(const std::string& name, const std::string& path) const {
  DatabaseSettings database;
  database.name = name;
  database.path = path;
  database.out_of_band = options_.settings->glob_out_of_band;
  database.consistency = options_.settings->glob_consistency;
  database.agent_away = options_.settings->glob_agent_away;
  database.schema_changes = options_.settings->glob_schema_changes;
  return database;
}

std::vector<DatabaseSettings> ReplicaSet::found_by_globs() {
  std::vector<DatabaseSettings> found;
  for (const std::string& pattern : options_.settings->database_globs) {
    glob_t matches{};
    if (glob(pattern.c_str(), 0, nullptr, &matches) == 0) {
      for (std::size_t i = 0; i < matches.gl_pathc; ++i) {
        const std::string path = matches.gl_pathv[i];
        const std::string name = database_name_of(path);
        std::error_code gone;
        if (is_companion_file(path) || !std::filesystem::is_regular_file(path, gone)) continue;
        if (!is_database_name(name)) {
          if (once("name " + path))
            log_warn("a file's name can't be a database's name; it is left out", {{"path", path}});
          continue;
        }
        found.push_back(of_glob(name, path));
      }
    }
    globfree(&matches);
  }
  return found;
}

std::string socket_path(const std::string& data_dir, const std::string& file) {
  std::string path = data_dir + "/" + file;
  if (path.size() <= io::kWakePathBytesMax) return path;
  path = fmt::format("{}/murmel-{:08x}-{}", std::filesystem::temp_directory_path().string(),
                     short_hash(data_dir), file);
  return path.size() <= io::kWakePathBytesMax ? path : "";
}

void ReplicaSet::add(const DatabaseSettings& database) {
  ReplicaOptions options;
  options.database = database;
  options.database.path = canonical(database.path);
  if (database.consistency == kConsistencyDefault) {
    options.database.consistency = options_.settings->cluster.consistency;
  }
  options.node = options_.node;
  options.wake_path = socket_path(options_.data_dir, fmt::format("wake-{:08x}", short_hash(database.name)));
  options.commit_path = options_.commit_path;
  options.settings = options_.settings;
  auto replica = std::make_unique<Replica>(loop_, std::move(options), outbox_, journal_, voters_, host_);
  replica->members(members_);
  for (const NodeId node : peers_) replica->peer_up(node);
  Replica& added = *replica;
  replicas_[database.name] = std::move(replica);
  added.start();
}

void ReplicaSet::close_all(const std::function<void()>& done) {
  scan_timer_.stop();
  if (replicas_.empty()) return done();
  closing_ = replicas_.size();
  for (auto& [name, replica] : replicas_) {
    replica->close([this, done] {
      if (--closing_ > 0) return;
      replicas_.clear();
      done();
    });
  }
}

void ReplicaSet::peer_up(NodeId node) {
  if (std::find(peers_.begin(), peers_.end(), node) == peers_.end()) peers_.push_back(node);
  for (auto& [name, replica] : replicas_) replica->peer_up(node);
}

void ReplicaSet::peer_down(NodeId node) {
  std::erase(peers_, node);
  for (auto& [name, replica] : replicas_) replica->peer_down(node);
}

void ReplicaSet::members(const std::vector<NodeId>& nodes) {
  members_ = nodes;
  for (auto& [name, replica] : replicas_) replica->members(nodes);
}

void ReplicaSet::received(NodeId node, const std::string& database, core::Message message) {
  const auto found = replicas_.find(database);
  if (found != replicas_.end()) return found->second->received(node, std::move(message));
  if (std::holds_alternative<core::Absent>(message)) return;
  if (unknown_.size() < kUnknownNamesMax && unknown_.emplace(database, node).second) {
    log_info("a peer replicates a database that this node does not have",
             {{"database", database}, {"node", node}});
  }
  outbox_.send({node}, wire::encode(database, core::Message{core::Absent{}}));
}

void ReplicaSet::received(NodeId node, const std::string& database, core::CommitMessage message) {
  const auto found = replicas_.find(database);
  if (found != replicas_.end()) found->second->received(node, std::move(message));
}

Replica* ReplicaSet::find(const std::string& name) {
  // Behind the name itself come those with an id.
  const auto found = replicas_.lower_bound(name);
  if (found == replicas_.end()) return nullptr;
  if (found->first == name) return found->second.get();
  const auto with_id = replicas_.lower_bound(name + '@');
  return with_id != replicas_.end() && with_id->first.starts_with(name + '@') ? with_id->second.get()
                                                                              : nullptr;
}

Replica* ReplicaSet::find_path(const std::string& path) {
  const std::string wanted = canonical(path);
  for (auto& [name, replica] : replicas_) {
    if (replica->path() == wanted) return replica.get();
  }
  return nullptr;
}

std::vector<Replica*> ReplicaSet::all() {
  std::vector<Replica*> result;
  for (auto& [name, replica] : replicas_) result.push_back(replica.get());
  return result;
}

bool ReplicaSet::all_caught_up() const {
  return std::all_of(replicas_.begin(), replicas_.end(),
                     [](const auto& entry) { return entry.second->caught_up(); });
}

bool ReplicaSet::flushed() const {
  return std::all_of(replicas_.begin(), replicas_.end(),
                     [](const auto& entry) { return entry.second->flushed(); });
}

void ReplicaSet::detach(const std::string& name, std::function<void(Status)> done) {
  Replica* replica = find(name);
  if (replica == nullptr) return done(Error{ErrorCode::kNotFound, "no database is named " + name});
  detached_.insert(name);
  replica->detach([this, name, done = std::move(done)](const Status& status) {
    replicas_.erase(name);
    log_info("database detached", {{"database", name}});
    done(status);
  });
}

Status ReplicaSet::add_file(const std::string& name, const std::string& path) {
  if (find(name) != nullptr)
    return Error{ErrorCode::kConflict, "database " + name + " is replicated already"};
  if (!has_room(path)) return Error{ErrorCode::kFull, "limits.databases is reached"};
  detached_.erase(name);
  add(of_glob(name, path));
  return Ok{};
}

void ReplicaSet::retire(const std::string& name, std::function<void(Status)> done) {
  Replica* replica = find(name);
  if (replica == nullptr) return done(Error{ErrorCode::kNotFound, "no database is named " + name});
  replica->retire([this, name, done = std::move(done)](const Status& status) {
    if (!status.ok()) return done(status);
    const Uuid history = replicas_.at(name)->commit().database_id();
    replicas_.erase(name);
    if (history.is_nil()) return done(Ok{});  // it was never open
    journal_.drop(history, [done] { done(Ok{}); });
  });
}

Status ReplicaSet::enable(const std::string& name) {
  if (find(name) != nullptr)
    return Error{ErrorCode::kConflict, "database " + name + " is replicated already"};
  std::vector<DatabaseSettings> known = options_.settings->databases;
  for (DatabaseSettings& database : found_by_globs()) known.push_back(std::move(database));
  for (const DatabaseSettings& database : known) {
    if (database.name != name) continue;
    detached_.erase(name);
    add(database);
    return Ok{};
  }
  return Error{ErrorCode::kNotFound, "the configuration names no database " + name};
}

}  // namespace murmel::service
