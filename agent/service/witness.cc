#include "agent/service/witness.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/service/log.h"
#include "agent/wire/messages.h"

namespace murmel::service {
namespace {

constexpr Duration kGivePatience = seconds(1);  // what somebody lacks is most likely on its way
constexpr Duration kGiveAnyway = seconds(10);   // who has it may not be linked to who lacks it
constexpr std::int64_t kGiveBytes = 4 << 20;    // of one origin at a time
constexpr Duration kFullLogInterval = seconds(60);

}  // namespace

class Witness::Database final : public CommitHost::Store {
 public:
  Database(Witness& witness, const std::string& name, const Uuid& id)
      : witness_(witness),
        name_(name),
        options_(witness.options_(name)),
        host_(witness.loop_, options_, witness.outbox_, witness.journal_, *this, witness.voters_) {
    for (const NodeId node : witness.peers_) host_.peer_up(node);
    host_.open(id, {}, [this](const Status& status) {
      if (!status.ok()) {
        log_error("the commit journal can't be read; nothing is voted on for this database",
                  {{"database", name_}, {"error", status.error().message}});
        return;
      }
      opened_ = true;
      durable_ = host_.have();  // what was forgotten
      for (const auto& [origin, seq] : durable_) have_[origin] = std::max(have_[origin], seq);
      tell();
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
    if (!host_.is_open()) return;
    take_in();
    give(node);
    complain();
  }

  void peer_down(NodeId node) {
    host_.peer_down(node);
    lacking_.erase(node);
  }

  Kept status() const {
    Kept kept{name_, host_.database_id(), host_.status(), options_.core.kept_bytes_max, {}, given_};
    for (const NodeId node : witness_.voters_.data_voters()) {
      if (!witness_.peers_.contains(node)) kept.away.push_back(node);
    }
    return kept;
  }

 private:
  // What a node lacks of an origin, as it told first; `given` slots were sent since.
  struct Lacking {
    Seq have = 0;
    Instant since;
    Seq given = 0;
  };

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
    std::optional<core::VersionVector> least;
    for (const NodeId node : witness_.voters_.data_voters()) {
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
  // While the journal is read back, what is decided there is heard before it is known what was forgotten.
  void tell() {
    if (opened_) host_.store_moved(have_, durable_, clock_);
  }

  bool another_has(NodeId node, const core::Position& slot) const {
    return std::any_of(heard_.begin(), heard_.end(), [&](const auto& entry) {
      return entry.first != node && witness_.peers_.contains(entry.first) &&
             core::seq_of(entry.second, slot.origin) >= slot.seq;
    });
  }

  // One that takes in what it is given gets the next at once.
  void give(NodeId node) {
    const Instant now = witness_.loop_.now();
    for (const auto& [origin, last] : host_.known()) {
      const Seq have = core::seq_of(heard_[node], origin);
      std::map<NodeId, Lacking>& origins = lacking_[node];
      if (have >= last) {
        origins.erase(origin);
        continue;
      }
      const auto [entry, added] = origins.try_emplace(origin, Lacking{have, now, 0});
      Lacking& lacking = entry->second;
      const bool took_all = lacking.given > 0 && have >= lacking.given;
      if (!took_all && lacking.have != have) lacking = {have, now, lacking.given};
      if (!took_all && now < lacking.since + kGivePatience) continue;
      const bool in_vain = now >= lacking.since + kGiveAnyway;
      if (!in_vain && another_has(node, {origin, have + 1})) continue;
      std::vector<core::ChangeSet> changes = host_.decided_from({origin, have + 1}, kGiveBytes);
      if (changes.empty()) continue;
      lacking = {have, now, changes.back().seq};
      given_ += changes.size();
      log_info("giving a node what only this witness has", {{"database", name_},
                                                            {"node", node},
                                                            {"transactions", changes.size()},
                                                            {"first", record_name(origin, have + 1)}});
      const core::Message message = core::Changes{host_.database_id(), std::move(changes)};
      witness_.outbox_.send({node}, wire::encode(name_, message));
    }
  }

  void complain() {
    const Instant now = witness_.loop_.now();
    const std::int64_t limit = options_.core.kept_bytes_max;
    if (now < quiet_until_ || limit == 0) return;
    quiet_until_ = now + kFullLogInterval;
    const Kept kept = status();
    if (kept.status.kept_bytes < limit / 2 || kept.away.empty()) return;
    log_warn(
        "much is kept for voters that are away; at limits.witness_bytes nothing is voted on any more. Start "
        "them, or take them out: murmel members remove",
        {{"database", name_},
         {"bytes", kept.status.kept_bytes},
         {"limit", limit},
         {"away", kept.away.size()},
         {"first_away", kept.away.front()}});
  }

  Witness& witness_;
  std::string name_;
  CommitHostOptions options_;
  std::map<NodeId, core::VersionVector> heard_;
  std::map<NodeId, std::map<NodeId, Lacking>> lacking_;  // node, origin
  bool opened_ = false;
  core::VersionVector have_;
  core::VersionVector durable_;
  core::Hlc clock_;
  std::uint64_t given_ = 0;
  Instant quiet_until_;
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
  peers_.insert(node);
  for (auto& [id, database] : databases_) database->host().peer_up(node);
}

void Witness::peer_down(NodeId node) {
  peers_.erase(node);
  for (auto& [id, database] : databases_) database->peer_down(node);
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

std::vector<Witness::Kept> Witness::status() const {
  std::vector<Kept> all;
  for (const auto& [id, database] : databases_) all.push_back(database->status());
  return all;
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
