// Translated statements of one session, to be run again with other values. A plan holds for the world that it
// was made in: the settings and the schema that translation asks. In another one all are forgotten. The one
// used longest ago goes when there are too many. The session's thread.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/mysql/values.h"
#include "agent/session/counters.h"
#include "agent/sql/translator.h"

namespace murmel::service {

struct Plan {
  std::string text;          // of the client, without the values
  sql::Statement statement;  // its `text` is that one
  bool repeatable = false;   // its answer is told by snapshot, values and time (session_told.h)
  session::Counters::Place counter;
  std::optional<std::vector<mysql::Column>>
      described;  // its result's columns; nothing: to be seen in its rows
};

class PlanCache {
 public:
  static constexpr std::size_t kMost = 256;

  struct World {
    const void* connection = nullptr;
    std::int64_t schema_version = -1;
    std::uint64_t language = 0;  // session::Variables::language()

    bool operator==(const World&) const = default;
  };

  // To be said before each find().
  void enter(World world);
  // Null: there is none. A plan outlives its place here while it is run.
  std::shared_ptr<const Plan> find(std::string_view key);
  std::shared_ptr<const Plan> keep(std::string key, std::unique_ptr<Plan> plan);
  void clear();

 private:
  struct Kept {
    std::string key;
    std::shared_ptr<const Plan> plan;
  };
  using Order = std::list<Kept>;  // the one used last is the first

  World world_;
  Order kept_;
  std::unordered_map<std::string_view, Order::iterator> by_key_;
};

}  // namespace murmel::service
