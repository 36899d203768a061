// TableRepair: takes another node's rows where one table of this node differs from them.
//
//   who compares ──"repair" {database, table, donor}──► damaged node ──"differing_rows" {sums of buckets}──►
//   donor
//                ◄──── rows repaired, left alone ─────  writes what fits  ◄──── its rows of some buckets
//                ─────
//
// One exchange repairs at most kRepairBytes of rows; who compares asks again. Reading runs on the worker that
// is given, writing on the database's thread. Loop thread only otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/io/loop.h"
#include "agent/service/worker.h"

namespace murmel::service {

class Node;

inline constexpr std::size_t kRepairBytes = 4 << 20;

struct RepairOutcome {
  std::int64_t rows = 0;
  std::int64_t newer = 0;  // written since, so left alone
  std::string error;       // not empty: nothing was repaired
};

class TableRepair {
 public:
  TableRepair(io::Loop& loop, Node& node, Worker& worker);
  TableRepair(const TableRepair&) = delete;
  TableRepair& operator=(const TableRepair&) = delete;

  using Reply = std::function<void(RepairOutcome)>;
  // Has `damaged`, this node or another, take the donor's rows.
  void run(NodeId damaged, const std::string& database, const std::string& table, NodeId donor, Reply reply);

 private:
  void repair_here(const std::string& database, const std::string& table, NodeId donor, Reply reply);
  void write(const std::string& database, const std::string& table, NodeId donor, const std::string& answer,
             Reply reply);
  void answer_rows(const std::string& body, std::function<void(Result<std::string>)> reply);
  Status room() const;

  io::Loop& loop_;
  Node& node_;
  Worker& worker_;
};

}  // namespace murmel::service
