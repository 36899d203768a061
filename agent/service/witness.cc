#include "agent/service/witness.h"

#include <algorithm>
#include <utility>

#include "agent/core/witness_view.h"
#include "agent/service/log.h"
#include "agent/wire/messages.h"

namespace murmel::service {
namespace {

constexpr std::int64_t kGiveBytes = 4 << 20;  // of one origin at a time
constexpr Duration kFullLogInterval = seconds(60);

}  // namespace

class Witness::Database final : public CommitHost::Store {
 public:
  Database(Witness& witness, const std::string& name, const Uuid& id)
      : witness_(witness),
        name_(name),
        options_(witness.options_(name)),
        host_(witness.loop_, options_, witness.outbox_, witness.journal_, *this, witness.voters_) {
    for (const NodeId node : witness.peers_) peer_up(node);
    host_.open(id, {}, [this](const Status& status) {
      if (!status.ok()) {
        log_error("the commit journal can't be read; nothing is voted on for this database",
                  {{"database", name_}, {"error", status.error().message}});
        return;
      }
      opened_ = true;
      view_.begin(host_.have());  // what was forgotten
      tell();
    });
  }

  CommitHost& host() { return host_; }
  const std::string& name() const { return name_; }

  void heard(NodeId node, const core::Have& have) {
    view_.heard(node, have, witness_.voters_.data_voters());
    if (!host_.is_open()) return;
    tell();
    give(node);
    ask(node);
    complain();
  }

  void peer_up(NodeId node) {
    view_.peer_up(node);
    host_.peer_up(node);
  }
  void peer_down(NodeId node) {
    host_.peer_down(node);
    view_.peer_down(node);
  }

  Kept status() const {
    Kept kept{name_, host_.database_id(), host_.status(), options_.core.kept_bytes_max, {}, given_};
    for (const NodeId node : witness_.voters_.data_voters()) {
      if (!witness_.peers_.contains(node)) kept.away.push_back(node);
    }
    return kept;
  }

 private:
  // CommitHost::Store
  void decided(std::vector<core::ChangeSet> changes) override {
    view_.decided(changes);
    tell();
  }
  void authors(std::vector<NodeId>) override {}
  void pending(const core::sync_input::Pending&) override {}  // nobody is told this node's clock

  // While the journal is read back, what is decided there is heard before it is known what was forgotten.
  void tell() {
    const core::commit_input::StoreMoved& store = view_.store();
    if (opened_) host_.store_moved(store.have, store.durable, store.clock, store.trimmed);
  }

  void give(NodeId node) {
    const Instant now = witness_.loop_.now();
    for (const core::Position& first : view_.to_give(now, node, host_.known())) {
      std::vector<core::ChangeSet> changes = host_.decided_from(first, kGiveBytes);
      if (changes.empty()) continue;
      view_.gave(now, node, first, changes.back().seq);
      given_ += changes.size();
      log_info("giving a node what only this witness has", {{"database", name_},
                                                            {"node", node},
                                                            {"transactions", changes.size()},
                                                            {"first", record_name(first.origin, first.seq)}});
      const core::Message message = core::Changes{host_.database_id(), std::move(changes)};
      witness_.outbox_.send({node}, wire::encode(name_, message));
    }
  }

  void ask(NodeId node) {
    const core::VersionVector held = host_.held(view_.heard(node));
    const core::VersionVector settled = host_.settled(view_.heard(node));
    for (const core::Position& first : view_.to_ask(witness_.loop_.now(), node, held, settled)) {
      const core::Message message = core::Pull{host_.database_id(), first.origin, first.seq, kGiveBytes};
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
  core::WitnessView view_;
  bool opened_ = false;
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
  for (auto& [id, database] : databases_) database->peer_up(node);
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

void Witness::heard(const core::Changes& changes) {
  const auto found = databases_.find(changes.database_id);
  if (found != databases_.end()) found->second->host().taken(changes.changes);
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
