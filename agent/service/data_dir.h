// The agent's data directory: a lock, so that one agent at a time uses it, and the node's identity.
//
// Invariant: while a DataDir lives, no other process holds one for the same directory. The lock is the
// kernel's (flock), so it goes with the process however that ends.
//
// A copy of the directory is refused: votes and slot numbers are promises of one node, and an old copy has
// forgotten some. It is known by the lock file's inode, which the identity names. An operator who has moved
// the directory, with its latest content, deletes the lock file.
#pragma once

#include <cstdint>
#include <string>

#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/base/time.h"

namespace murmel::service {

class DataDir {
 public:
  // Makes the directory and its identity if they are new. `node_id` 0: as stored, or derived from the UUID.
  // An agent that is just ending, or was killed, is waited for as long as `patience`: the kernel frees the
  // lock when the last of its threads is gone. Errors: kRefused (another agent runs here; another node id is
  // stored here; it is a copy), kIo, kCorrupt, kFull.
  static Result<DataDir> open(const std::string& path, NodeId node_id, Duration patience = {});

  DataDir(DataDir&& other) noexcept;
  DataDir& operator=(DataDir&&) = delete;
  ~DataDir();

  const std::string& path() const { return path_; }  // absolute
  const Uuid& uuid() const { return uuid_; }
  NodeId node_id() const { return node_id_; }

 private:
  DataDir(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}
  // `inode` is the lock file's, which is `fresh` if it was not there.
  Status read_or_make_identity(NodeId wanted, std::uint64_t inode, bool fresh);
  Status write_identity(std::uint64_t inode) const;

  std::string path_;
  int lock_fd_ = -1;
  Uuid uuid_;
  NodeId node_id_ = 0;
};

// 31 bits of the UUID, never 0.
NodeId derive_node_id(const Uuid& uuid);

}  // namespace murmel::service
