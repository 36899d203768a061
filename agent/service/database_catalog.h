// DatabaseCatalog: databases that are made and dropped for the whole cluster. Which there are stands in the
// catalog (catalog_entries.h), a replicated database in the data directory; here is what makes a node have
// just these: their files in databases.directory, in and out of the ReplicaSet.
//
//   create ──► schema change of the catalog, decided by a majority ──► applied on every node ──► reconcile
//   reconcile: in the catalog and not here    ──► noted in `databases.json`, then made
//              here and dropped, or of another id ──► writers refused, closed, renamed <file>.dropped-<id>
//
// Between nodes a database goes by its name and the beginning of its id (ReplicaSet::find): a node that was
// away for a drop and a create must not bring the old content into the new database.
//
// What this node has is noted before it is made, with its id (catalog_files.h). Nothing is dropped before the
// catalog has had its peers' news. A node that hears late of a drop goes on until then: what is written to it
// at ONE in between stays in its renamed file. Loop thread only; files are touched by a worker once the loop
// turns. Must outlive the loop's last task.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "agent/base/result.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/service/catalog_entries.h"
#include "agent/service/catalog_files.h"
#include "agent/service/replica_set.h"
#include "agent/service/schema_changes.h"
#include "agent/service/settings.h"
#include "agent/service/worker.h"

namespace murmel::service {

class DatabaseCatalog {
 public:
  struct Options {
    NodeId node = 0;
    std::string data_dir;
    const Settings* settings = nullptr;
  };
  DatabaseCatalog(io::Loop& loop, Options options, ReplicaSet& replicas);
  DatabaseCatalog(const DatabaseCatalog&) = delete;
  DatabaseCatalog& operator=(const DatabaseCatalog&) = delete;

  // Opens the catalog and what this node has of it. Nothing without databases.directory.
  void start();
  // Before the databases are closed.
  void stop();
  // The catalog may say something new.
  void changed(const std::string& database);

  using Reply = std::function<void(Result<nlohmann::json>)>;
  // kInvalid, kConflict (there is one of this name), kRefused, kFull, and as SchemaChanges::apply. Replied
  // when it is open here.
  void create(const std::string& name, Reply reply);
  // kNotFound, kRefused, and as SchemaChanges::apply. Replied when it is closed here.
  void drop(const std::string& name, bool delete_files, Reply reply);
  void list(Reply reply);

 private:
  struct Waiting {
    std::string name;
    bool open = true;  // or else gone
    Instant until;
    Reply reply;
  };

  Status usable() const;
  void with_files(std::function<Status(CatalogFiles&)> job, std::function<void(const Status&)> done);
  void read(std::function<void(Result<Catalog>)> done);
  void reconcile(const Catalog& catalog);
  void make(const std::string& name, const std::string& id);
  void noted(const std::string& name, const std::string& id, const Status& status);
  void retire(const std::string& name, const std::string& id, bool delete_files);
  void put_away(const std::string& name, const std::string& id, bool delete_files);
  void propose(const std::string& name, const Reply& reply);
  void decided(const std::string& name, bool open, const Result<core::Position>& slot, const Reply& reply);
  void answer_waiting();
  bool once(const std::string& what);

  io::Loop& loop_;
  Options options_;
  ReplicaSet& replicas_;
  SchemaChanges changes_;
  bool running_ = false;
  bool reading_ = false;
  CatalogFiles files_;        // of the worker
  CatalogFiles::Notes here_;  // what this node has
  std::set<std::string> making_;
  std::set<std::string> retiring_;
  std::set<std::string> said_;  // what was logged once; bounded
  std::vector<Waiting> waiting_;
  io::Timer timer_;
  Worker worker_;  // ends first
};

}  // namespace murmel::service
