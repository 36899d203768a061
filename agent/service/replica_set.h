// ReplicaSet: the databases of this node, from the configured list and globs, which are looked at again every
// databases.scan_interval. Finds a message's database by
// its name, tells all of them about peers and members, takes databases in and out while the agent runs.
// Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/service/replica.h"

namespace murmel::service {

struct ReplicaSetOptions {
  NodeId node = 0;
  std::string data_dir;     // wake-up sockets are made here
  std::string commit_path;  // of the commit socket; empty: none
  const Settings* settings = nullptr;
};

class ReplicaSet {
 public:
  ReplicaSet(io::Loop& loop, ReplicaSetOptions options, PeerOutbox& outbox, JournalThread& journal,
             const VoterSource& voters, ReplicaHost& host);

  // Opens what the configuration lists, and what the globs find now.
  void start();
  // Looks at the globs again and opens what is new; returns how many that were.
  int rescan();
  // File names of the open databases that globs found or would find, for peers.
  std::vector<std::string> open_files_of_globs() const;
  // A peer has found a database of this file name by a glob: makes it here, if a glob of this node has a
  // place for it, limits.databases is not reached, and nobody detached it. False: nothing was made.
  bool make_from_peer(const std::string& file_name);
  // `done` when all are closed.
  void close_all(const std::function<void()>& done);

  void peer_up(NodeId node);
  void peer_down(NodeId node);
  void members(const std::vector<NodeId>& nodes);
  // Answers Absent if this node has no such database.
  void received(NodeId node, const std::string& database, core::Message message);
  void received(NodeId node, const std::string& database, core::CommitMessage message);

  // Those made by command are named shop@2f1c9a34 here and on the wire, so that no node takes one for an
  // earlier one of the same name; "shop" finds them too.
  Replica* find(const std::string& name);
  Replica* find_path(const std::string& path);  // of the database file
  std::vector<Replica*> all();
  bool all_caught_up() const;
  bool flushed() const;

  // Stops replicating and takes Murmel out of the file, until enable() or the next start. kNotFound.
  void detach(const std::string& name, std::function<void(Status)> done);
  // Takes in a database that is in neither list nor globs, with the settings of those of globs. kConflict:
  // one of this name is in already. kFull: limits.databases is reached.
  Status add_file(const std::string& name, const std::string& path);
  // Refuses writers of its file and stops replicating it. kNotFound, and the error of the former.
  void retire(const std::string& name, std::function<void(Status)> done);
  // Takes a configured database in again. kNotFound, kConflict (it is in).
  Status enable(const std::string& name);

 private:
  void add(const DatabaseSettings& database);
  std::vector<DatabaseSettings> found_by_globs();
  DatabaseSettings of_glob(const std::string& name, const std::string& path) const;
  bool has_room(const std::string& path);
  bool once(const std::string& what);

  io::Loop& loop_;
  ReplicaSetOptions options_;
  PeerOutbox& outbox_;
  JournalThread& journal_;
  const VoterSource& voters_;
  ReplicaHost& host_;
  std::map<std::string, std::unique_ptr<Replica>> replicas_;
  std::map<std::string, NodeId> unknown_;  // names that peers have and we do not, for the log; bounded
  std::set<std::string> of_globs_;         // names
  std::set<std::string> detached_;         // names that only enable() brings back
  std::set<std::string> said_;             // what was logged once; bounded
  io::Timer scan_timer_;
  std::size_t closing_ = 0;
  std::vector<NodeId> peers_;
  std::vector<NodeId> members_;
};

// Where a socket of that name is bound: in the data directory, or, if that lies too deep for the address of a
// Unix socket, in a folder for temporary files, with a name that is as stable. Empty: there is no such place.
std::string socket_path(const std::string& data_dir, const std::string& file);

}  // namespace murmel::service
