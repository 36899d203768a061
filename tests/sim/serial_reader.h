// SerialReader: the application beside a node that reads as a transaction at SERIALIZABLE does. It takes a
// snapshot, then asks a majority of the voters what they know of (core::Commit::known_in); if all of that is
// in the snapshot, this is what it reads, else it waits until it is here and begins again. It changes
// nothing and draws its chances from a source of its own, so a seed gives the same run with it and without.
#pragma once

#include <memory>

#include "agent/base/random.h"
#include "tests/sim/node.h"

namespace murmel::sim {

class SerialReader {
 public:
  SerialReader(Shared& shared, Node& node);

  // Begins some transactions in the next moments, in which something is being decided.
  void run();

 private:
  struct Read;

  void begin(int attempt);
  void ask(const std::shared_ptr<Read>& read);
  void add(const std::shared_ptr<Read>& read, const core::VersionVector& known);
  void wait(const std::shared_ptr<Read>& read, int looks);
  Duration trip();

  Shared& shared_;
  Node& node_;
  Random random_;
};

}  // namespace murmel::sim
