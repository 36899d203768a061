#include "agent/service/witness.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/service/log.h"

namespace murmel::service {

class Witness::Database final : public CommitHost::Store {
 public:
  Database(Witness& witness, const std::string& name, const Uuid& id)
      : name_(name),
        voters_(witness.voters_),
        host_(witness.loop_, witness.options_(name), witness.outbox_, witness.journal_, *this,
              witness.voters_) {
    for (const NodeId node : witness.peers_) host_.peer_up(node);
    host_.open(id, {}, [this](const Status& status) {
      if (!status.ok()) {
        log_error("the commit journal can't be read; nothing is voted on for this database",
                  {{"database", name_}, {"error", status.error().message}});
        return;
      }
      have_ = host_.have();
      durable_ = have_;
    });
  }

  CommitHost& host() { return host_; }
  const std::string& name() const { return name_; }

  void heard(NodeId node, const core::Have& have) {
    core::VersionVector& slots = heard_[node];
    slots.clear();
    for (const auto& [origin, seq] : have.vector) {
      if (is_decided_origin(origin)) slots[origin] = seq;
    }
    clock_ = std::max(clock_, have.clock);
    take_in();
  }

 private:
  // CommitHost::Store
  void decided(std::vector<core::ChangeSet> changes) override {
    for (const core::ChangeSet& change : changes) {
      Seq& seq = have_[change.origin];
      seq = std::max(seq, change.seq);
      clock_ = std::max(clock_, change.hlc);
    }
    tell();
  }
  void authors(std::vector<NodeId>) override {}
  void pending(core::Hlc) override {}  // nobody is told this node's clock

  // What a node has told before its link was lost still counts.
  void take_in() {
    if (!host_.is_open()) return;
    std::optional<core::VersionVector> least;
    for (const NodeId node : voters_.data_voters()) {
      const core::VersionVector& slots = heard_[node];
      if (!least) least = slots;
      for (auto& [origin, seq] : *least) seq = std::min(seq, core::seq_of(slots, origin));
    }
    if (!least) return;
    for (const auto& [origin, seq] : *least) {
      if (seq == 0) continue;
      durable_[origin] = std::max(durable_[origin], seq);
      have_[origin] = std::max(have_[origin], seq);
    }
    tell();
  }
  void tell() { host_.store_moved(have_, durable_, clock_); }

  std::string name_;
  const VoterSource& voters_;
  std::map<NodeId, core::VersionVector> heard_;
  core::VersionVector have_;
  core::VersionVector durable_;
  core::Hlc clock_;
  CommitHost host_;
};

Witness::Witness(io::Loop& loop, Options options, std::size_t databases_max, PeerOutbox& outbox,
                 JournalThread& journal, const VoterSource& voters)
    : loop_(loop),
      options_(std::move(options)),
      databases_max_(databases_max),
      outbox_(outbox),
      journal_(journal),
      voters_(voters) {}

Witness::~Witness() = default;

void Witness::peer_up(NodeId node) {
  if (std::find(peers_.begin(), peers_.end(), node) == peers_.end()) peers_.push_back(node);
  for (auto& [id, database] : databases_) database->host().peer_up(node);
}

void Witness::peer_down(NodeId node) {
  std::erase(peers_, node);
  for (auto& [id, database] : databases_) database->host().peer_down(node);
}

Witness::Database* Witness::open(const std::string& name, const Uuid& id) {
  const auto found = databases_.find(id);
  if (found != databases_.end()) return found->second.get();
  if (databases_.size() >= databases_max_ || id.is_nil()) return nullptr;
  log_info("voting on a database", {{"database", name}, {"id", id.to_string()}});
  return databases_.emplace(id, std::make_unique<Database>(*this, name, id)).first->second.get();
}

void Witness::received(NodeId node, const std::string& database, core::CommitMessage message) {
  const Uuid id = std::visit([](const auto& m) { return m.database_id; }, message);
  if (Database* known = open(database, id)) known->host().received(node, std::move(message));
}

// A database whose history a node is still to take from another one is none yet.
void Witness::heard(NodeId node, const std::string& database, const core::Have& have) {
  if (have.fresh) return;
  if (Database* known = open(database, have.database_id)) known->heard(node, have);
}

void Witness::close() {
  databases_.clear();
}

CommitHost* Witness::find(const std::string& database) {
  for (auto& [id, known] : databases_) {
    if (known->name() == database) return &known->host();
  }
  return nullptr;
}

std::vector<CommitHost*> Witness::deciders() {
  std::vector<CommitHost*> hosts;
  for (auto& [id, database] : databases_) hosts.push_back(&database->host());
  return hosts;
}

}  // namespace murmel::service
