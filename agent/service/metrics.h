// Metrics: the Prometheus text of /metrics. Most figures are read from the node when somebody asks; only the
// histogram of the replication lag is kept here. Loop thread only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "agent/service/replica.h"

namespace prometheus {
class Histogram;
}

namespace murmel::service {

class Node;

class Metrics {
 public:
  explicit Metrics(Node& node);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  std::string text() const;

 private:
  void observe(const Replica& replica, const ApplyResult& result);

  Node& node_;
  std::map<std::string, std::unique_ptr<prometheus::Histogram>> lag_;  // by database
};

}  // namespace murmel::service
