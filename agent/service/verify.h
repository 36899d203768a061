// Verify: compares all nodes' databases by the hashes of their rows. Each node hashes its tables in one read
// snapshot and says which positions that contains; only hashes of the same positions can be compared, so
// while changes are on their way it asks again, up to kVerifyRounds times.
//
// With `repair`, nodes in the minority then take the rows of the majority (TableRepair), and the comparison
// begins anew. anti_entropy.interval has the connected member with the smallest id do that by itself.
//
// Hashing runs on a thread and connection of its own. Loop thread only otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "agent/base/result.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/service/table_repair.h"
#include "agent/service/worker.h"

namespace murmel::service {

class Node;

inline constexpr int kVerifyRounds = 10;
inline constexpr std::size_t kVerifyRunsMax = 4;
inline constexpr int kRepairRounds = 20;

// What one node says of one database, as it travels in the call "hashes".
struct NodeHashes {
  std::string error;  // not empty: there is nothing else
  std::map<std::string, std::int64_t> have;
  std::string schema;
  bool filtered = false;  // holds only some of the tables: one that is missing is no difference
  struct Table {
    std::int64_t rows = 0;
    std::string hash;
    bool operator==(const Table&) const = default;
  };
  std::map<std::string, Table> tables;
};

enum class Verdict {
  kEqual,
  kDifferent,
  kMoving,      // the nodes never had the same positions when asked
  kIncomplete,  // a member that counts did not answer
};
const char* verdict_name(Verdict verdict);

// Pure: what the answers of all nodes mean. `tables`: one entry for each table that is not the same
// everywhere.
struct Comparison {
  Verdict verdict = Verdict::kEqual;
  bool schema_differs = false;
  std::vector<std::string> different_tables;
};
Comparison compare(const std::map<std::uint32_t, NodeHashes>& answers);

// Pure: who is to take whose rows of a table. Nodes with equal hashes are a group; the largest is right,
// among equal ones that with the smallest id. Nobody if the schema differs, or if no more than half have
// answered.
struct RepairStep {
  std::string table;
  NodeId damaged = 0;
  NodeId donor = 0;
  bool operator==(const RepairStep&) const = default;
};
std::vector<RepairStep> plan_repairs(const std::map<std::uint32_t, NodeHashes>& answers,
                                     const Comparison& comparison);

class Verify {
 public:
  Verify(io::Loop& loop, Node& node);
  ~Verify();
  Verify(const Verify&) = delete;
  Verify& operator=(const Verify&) = delete;

  using Reply = std::function<void(Result<nlohmann::json>)>;
  // `database` empty: all of this node. kNotFound, kFull (too many at once).
  void run(const std::string& database, bool repair, Reply reply);
  bool hashing() const { return worker_->busy(); }

 private:
  struct Run;

  void answer_call(const std::string& body, std::function<void(Result<std::string>)> reply);
  void hash_here(const std::string& database, std::function<void(NodeHashes)> reply);
  void ask_round(std::uint64_t id);
  void answered(std::uint64_t id, std::uint32_t node, NodeHashes hashes);
  bool start_repairs(std::uint64_t id, const Comparison& comparison);
  void next_database(std::uint64_t id);
  void beat();

  io::Loop& loop_;
  Node& node_;
  std::map<std::uint64_t, std::unique_ptr<Run>> runs_;
  std::uint64_t last_id_ = 0;
  std::unique_ptr<Worker> worker_;
  TableRepair repair_;
  io::Timer beat_timer_;
};

}  // namespace murmel::service
