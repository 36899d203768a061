#include "agent/service/database_catalog.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/base/check.h"
#include "agent/service/log.h"
#include "agent/service/seed.h"
#include "agent/service/wall_clock.h"

namespace murmel::service {
namespace {

using nlohmann::json;

constexpr char kCatalogFile[] = "catalog.db";
constexpr Duration kCatalogLookAgain = seconds(1);  // tries again what failed, and finds what was missed
constexpr Duration kLookSoon = milliseconds(20);
constexpr Duration kChangeTimeout = seconds(20);
constexpr Duration kMadeTimeout = seconds(10);
constexpr std::size_t kCatalogSaidMax = 1'024;
constexpr std::size_t kWaitingMax = 64;

// What the ReplicaSet and other nodes know it by.
std::string full_name(const std::string& name, const std::string& id) {
  return name + "@" + id.substr(0, 8);
}

}  // namespace

DatabaseCatalog::DatabaseCatalog(io::Loop& loop, Options options, ReplicaSet& replicas)
    : loop_(loop),
      options_(std::move(options)),
      replicas_(replicas),
      changes_(loop, replicas),
      files_(options_.settings->databases_folder(), options_.data_dir),
      timer_(loop, [this] { changed(kCatalogName); }),
      worker_("catalog") {}

// --- what this node has -----------------------------------------------------------------------------------

// On the worker; `done` on the loop.
void DatabaseCatalog::with_files(std::function<Status(CatalogFiles&)> job,
                                 std::function<void(const Status&)> done) {
  worker_.post([this, job = std::move(job), done = std::move(done)] {
    INVARIANT(loop_.post([this, status = job(files_), done] {
      done(running_ ? status : Status(Error{ErrorCode::kUnavailable, "the node is stopping"}));
    }));
  });
}

void DatabaseCatalog::start() {
  if (options_.settings->databases_folder().empty()) return;
  running_ = true;
  here_ = files_.load();
  const Status added = replicas_.add_file(kCatalogName, options_.data_dir + "/" + kCatalogFile);
  if (!added.ok()) log_error("the catalog of databases can't be opened", {{"error", added.error().message}});
  for (const auto& [name, id] : here_) {
    const Status taken = replicas_.add_file(full_name(name, id), files_.path_of(name));
    if (!taken.ok())
      log_error("a database is left out", {{"database", name}, {"error", taken.error().message}});
  }
  timer_.start(kCatalogLookAgain);
}

void DatabaseCatalog::stop() {
  running_ = false;
  timer_.stop();
  for (Waiting& waiting : std::exchange(waiting_, {}))
    waiting.reply(Error{ErrorCode::kUnavailable, "the node is stopping"});
}

// --- making it so -----------------------------------------------------------------------------------------

void DatabaseCatalog::changed(const std::string& database) {
  if (!running_) return;
  if (database != kCatalogName) return answer_waiting();
  timer_.start(waiting_.empty() ? kCatalogLookAgain : kLookSoon);
  answer_waiting();
  if (reading_) return;
  reading_ = true;
  read([this](const Result<Catalog>& catalog) {
    reading_ = false;
    if (running_ && catalog.ok()) reconcile(*catalog);
  });
}

void DatabaseCatalog::read(std::function<void(Result<Catalog>)> done) {
  Replica* catalog = replicas_.find(kCatalogName);
  if (catalog == nullptr) return done(Error{ErrorCode::kUnavailable, "the catalog of databases is not open"});
  catalog->schema_state([done = std::move(done)](const Result<store::SchemaState>& state) {
    state.ok() ? done(read_catalog(state->objects)) : done(state.error());
  });
}

void DatabaseCatalog::reconcile(const Catalog& catalog) {
  Replica* replica = replicas_.find(kCatalogName);
  // An empty catalog that has not heard of the others' yet says nothing about what is gone.
  const bool trusted = replica != nullptr && replica->caught_up();
  const std::map<std::string, std::string> before = here_;
  for (const auto& [name, id] : before) {
    const auto live = catalog.live.find(name);
    if (!trusted || (live != catalog.live.end() && live->second.id == id)) continue;
    const auto gone = catalog.dropped.find(name);
    if (live == catalog.live.end() && gone == catalog.dropped.end()) continue;  // the catalog never knew it
    const bool this_one = gone != catalog.dropped.end() && gone->second.id == id;
    retire(name, id, this_one && gone->second.delete_files);
  }
  for (const auto& [name, entry] : catalog.live) {
    if (!here_.contains(name) && !retiring_.contains(name)) make(name, entry.id);
  }
  answer_waiting();
}

void DatabaseCatalog::make(const std::string& name, const std::string& id) {
  if (replicas_.find(name) != nullptr) {
    if (once("configured " + name))
      log_warn("a database of the cluster is not made here: the configuration names another one so",
               {{"database", name}});
    return;
  }
  if (!making_.insert(name).second) return;
  with_files([name, id](CatalogFiles& files) { return files.note(name, id); },
             [this, name, id](const Status& status) { noted(name, id, status); });
}

void DatabaseCatalog::noted(const std::string& name, const std::string& id, const Status& status) {
  making_.erase(name);
  if (!running_) return;
  const std::string path = files_.path_of(name);
  Status made = status;
  if (made.ok()) made = replicas_.add_file(full_name(name, id), path);
  if (made.ok()) {
    here_[name] = id;
    log_info("a database of the cluster is made here", {{"database", name}, {"path", path}});
    return answer_waiting();
  }
  if (once("make " + name)) {
    log_error("a database of the cluster can't be made here; trying again",
              {{"database", name}, {"error", made.error().message}});
  }
  if (!status.ok()) return;
  with_files([name](CatalogFiles& files) { return files.forget(name); },
             [name](const Status& forgotten) {
               if (forgotten.ok()) return;
               log_error("the notes of databases can't be written",
                         {{"database", name}, {"error", forgotten.error().message}});
             });
}

void DatabaseCatalog::retire(const std::string& name, const std::string& id, bool delete_files) {
  if (!retiring_.insert(name).second) return;
  replicas_.retire(full_name(name, id), [this, name, id, delete_files](const Status& status) {
    const bool closed = status.ok() || status.error().code == ErrorCode::kNotFound;
    if (closed) return put_away(name, id, delete_files);
    retiring_.erase(name);
    if (once("retire " + name)) {
      log_warn("a dropped database is still in use; trying again",
               {{"database", name}, {"error", status.error().message}});
    }
  });
}

void DatabaseCatalog::put_away(const std::string& name, const std::string& id, bool delete_files) {
  const auto done = [this, name, id, delete_files](const Status& status) {
    retiring_.erase(name);
    if (!running_) return;
    if (!status.ok()) {  // it stays noted
      log_error("the files of a dropped database can't be put away; trying again",
                {{"database", name}, {"error", status.error().message}});
      return;
    }
    here_.erase(name);
    log_warn("a database was dropped by the cluster",
             {{"database", name}, {"file", delete_files ? "deleted" : files_.away_path_of(name, id)}});
    changed(kCatalogName);
  };
  with_files([name, id, delete_files](CatalogFiles& files) { return files.put_away(name, id, delete_files); },
             done);
}

bool DatabaseCatalog::once(const std::string& what) {
  return said_.size() < kCatalogSaidMax && said_.insert(what).second;
}

// --- what a person asks for -------------------------------------------------------------------------------

Status DatabaseCatalog::usable() const {
  if (running_) return Ok{};
  return Error{ErrorCode::kRefused,
               "this node has no place for new databases: set databases.directory in its configuration"};
}

void DatabaseCatalog::create(const std::string& name, Reply reply) {
  Status good = usable();
  if (good.ok()) good = check_new_name(name);
  if (!good.ok()) return reply(good.error());
  read([this, name, reply = std::move(reply)](const Result<Catalog>& catalog) {
    if (!catalog.ok()) return reply(catalog.error());
    const auto limit = static_cast<std::size_t>(options_.settings->limits.databases);
    const Replica* configured = replicas_.find(name);
    if (catalog->live.contains(name) || (configured != nullptr && configured->name() == name)) {
      return reply(Error{ErrorCode::kConflict, "there is a database " + name + " already"});
    }
    if (replicas_.all().size() >= limit || catalog->live.size() + catalog->dropped.size() >= 4 * limit) {
      return reply(Error{ErrorCode::kFull, "limits.databases is reached"});
    }
    with_files([name](CatalogFiles& files) { return files.place_is_free(name); },
               [this, name, reply](const Status& free) {
                 free.ok() ? propose(name, reply) : reply(Error{ErrorCode::kRefused, free.error().message});
               });
  });
}

void DatabaseCatalog::propose(const std::string& name, const Reply& reply) {
  changes_.apply(
      kCatalogName, sql_to_create(name, random_uuid(), wall_clock_ms(), options_.node), kChangeTimeout,
      [this, name, reply](const Result<core::Position>& slot) { decided(name, true, slot, reply); });
}

void DatabaseCatalog::drop(const std::string& name, bool delete_files, Reply reply) {
  const Error unknown{ErrorCode::kNotFound, "there is no database " + name};
  if (!running_ && replicas_.find(name) == nullptr) return reply(unknown);
  if (const Status good = usable(); !good.ok()) return reply(good.error());
  read([this, name, delete_files, unknown, reply = std::move(reply)](const Result<Catalog>& catalog) {
    if (!catalog.ok()) return reply(catalog.error());
    const auto live = catalog->live.find(name);
    if (live == catalog->live.end()) {
      return reply(
          replicas_.find(name) == nullptr
              ? unknown
              : Error{ErrorCode::kRefused, name + " stands in the configuration: take it out there"});
    }
    changes_.apply(
        kCatalogName, sql_to_drop(name, live->second.id, delete_files), kChangeTimeout,
        [this, name, reply](const Result<core::Position>& slot) { decided(name, false, slot, reply); });
  });
}

void DatabaseCatalog::decided(const std::string& name, bool open, const Result<core::Position>& slot,
                              const Reply& reply) {
  // SQLite's words for what another node has decided meanwhile.
  if (!slot.ok() && slot.error().code == ErrorCode::kInvalid) {
    return reply(open ? Error{ErrorCode::kConflict, "there is a database " + name + " already"}
                      : Error{ErrorCode::kNotFound, "there is no database " + name});
  }
  if (!slot.ok()) return reply(slot.error());
  if (waiting_.size() >= kWaitingMax) return reply(json{{"database", name}, {"here", false}});
  waiting_.push_back({name, open, loop_.now() + kMadeTimeout, reply});
  changed(kCatalogName);
}

// The cluster has decided it; what is still missing here comes by itself.
void DatabaseCatalog::answer_waiting() {
  std::vector<Waiting> still;
  std::vector<std::pair<Reply, json>> answers;
  for (Waiting& waiting : waiting_) {
    const auto here = here_.find(waiting.name);
    const Replica* replica =
        here == here_.end() ? nullptr : replicas_.find(full_name(waiting.name, here->second));
    const bool done =
        waiting.open ? replica != nullptr && replica->state() == ReplicaState::kOpen : here == here_.end();
    if (!done && loop_.now() < waiting.until) {
      still.push_back(std::move(waiting));
    } else {
      answers.emplace_back(std::move(waiting.reply), json{{"database", waiting.name}, {"here", done}});
    }
  }
  waiting_ = std::move(still);
  for (auto& [reply, answer] : answers) reply(std::move(answer));
}

void DatabaseCatalog::list(Reply reply) {
  if (!running_) return reply(json{{"directory", ""}, {"databases", json::array()}});
  read([this, reply = std::move(reply)](const Result<Catalog>& catalog) {
    if (!catalog.ok()) return reply(catalog.error());
    json databases = json::array();
    for (const auto& [name, entry] : catalog->live) {
      const Replica* replica = replicas_.find(full_name(name, entry.id));
      databases.push_back(
          {{"name", name},
           {"id", entry.id},
           {"path", replica == nullptr ? "" : replica->path()},
           {"state", replica == nullptr ? "not here" : replica_state_name(replica->state())}});
    }
    reply(json{{"directory", options_.settings->databases_folder()}, {"databases", databases}});
  });
}

}  // namespace murmel::service
