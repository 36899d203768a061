#include "tests/sim/serial_reader.h"

#include "agent/core/vectors.h"

namespace murmel::sim {
namespace {

constexpr int kReadAttemptsMax = 5;
constexpr int kReads = 3;  // at once
constexpr std::uint64_t kTripsApart = 4;
constexpr int kLooksMax = 50;
constexpr Duration kLook = milliseconds(2);

}  // namespace

struct SerialReader::Read {
  int attempt = 0;
  std::uint64_t life = 0;
  core::VersionVector acknowledged;  // when it began
  Uuid history;
  core::VersionVector snapshot;
  core::Epoch epoch;
  core::VersionVector known;  // to those who have answered
  std::size_t answers = 0;
};

SerialReader::SerialReader(Shared& shared, Node& node)
    : shared_(shared), node_(node), random_(shared.scenario.seed * 64 + node.id()) {}

void SerialReader::run() {
  for (int reads = 0; reads < kReads; ++reads) {
    const Duration pause = trip() * static_cast<std::int64_t>(random_.below(kTripsApart));
    shared_.world.after(pause, [this] { begin(0); });
  }
}

Duration SerialReader::trip() {
  const Duration least = shared_.scenario.delay_min;
  const auto span = static_cast<std::uint64_t>((shared_.scenario.delay_max - least).ns);
  return least + Duration{static_cast<std::int64_t>(random_.below(span + 1))};
}

void SerialReader::begin(int attempt) {
  if (!node_.running() || !node_.has_database() || attempt >= kReadAttemptsMax) return;
  auto read = std::make_shared<Read>();
  read->attempt = attempt;
  read->life = node_.life();
  const core::StoreState state = node_.store().state();
  read->history = state.database_id;
  read->acknowledged = shared_.acknowledged[read->history];
  read->epoch = node_.voters();
  read->snapshot = state.have;
  ask(read);
}

void SerialReader::ask(const std::shared_ptr<Read>& read) {
  for (const NodeId id : read->epoch.voters) {
    shared_.world.after(id == node_.id() ? Duration{} : trip(), [this, read, id] {
      const Node* voter = shared_.node(id);
      const bool reached = id == node_.id() || shared_.network.linked(node_.id(), id);
      if (voter == nullptr || !reached) return;
      const auto known = voter->known_in(read->epoch.number);
      if (!known) return;
      shared_.world.after(id == node_.id() ? Duration{} : trip(), [this, read, id, known] {
        const bool there = id == node_.id() || shared_.network.linked(node_.id(), id);
        if (there && read->life == node_.life()) add(read, *known);
      });
    });
  }
}

void SerialReader::add(const std::shared_ptr<Read>& read, const core::VersionVector& known) {
  std::size_t majority = read->epoch.voters.size() / 2 + 1;
  if (shared_.bug == PlantedBug::kAskFewer && majority > 1) --majority;
  core::raise(read->known, known);
  if (++read->answers != majority) return;
  if (!core::covers(read->snapshot, read->known)) return wait(read, 0);
  shared_.commits.add(SerialRead{read->history, node_.id(), read->snapshot});
  if (core::covers(read->snapshot, read->acknowledged)) return;
  shared_.world.violation("serializable: node " + std::to_string(node_.id()) +
                          " reads without something that was acknowledged before");
}

void SerialReader::wait(const std::shared_ptr<Read>& read, int looks) {
  if (looks > kLooksMax || !node_.running() || read->life != node_.life()) return;
  if (core::covers(node_.store().state().have, read->known)) return begin(read->attempt + 1);
  shared_.world.after(kLook, [this, read, looks] { wait(read, looks + 1); });
}

}  // namespace murmel::sim
