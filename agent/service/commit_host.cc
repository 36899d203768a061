#include "agent/service/commit_host.h"

#include <algorithm>
#include <utility>

#include "agent/core/vectors.h"
#include "agent/core/witness_view.h"
#include "agent/service/log.h"
#include "agent/service/wall_clock.h"
#include "agent/wire/messages.h"

namespace murmel::service {
namespace {

using namespace core::commit_input;
using core::CommitOutcome;

constexpr Duration kCommitRetryInterval = seconds(1);
constexpr std::size_t kQuestionsOpenMax = 16'384;  // questions without an answer

core::CommitEffects::Reply reply_of(CommitOutcome outcome, std::string text) {
  core::CommitEffects::Reply reply;
  reply.outcome = outcome;
  reply.text = std::move(text);
  return reply;
}

}  // namespace

CommitHost::CommitHost(io::Loop& loop, CommitHostOptions options, PeerOutbox& outbox, JournalThread& journal,
                       Store& store, const VoterSource& voters)
    : loop_(loop),
      options_(std::move(options)),
      outbox_(outbox),
      journal_(journal),
      store_(store),
      voters_(voters),
      timer_(loop, [this] { step(Tick{}); }),
      retry_timer_(loop, [this] { read_journal(); }) {}

CommitHost::~CommitHost() {
  close();
}

// --- opening and closing ----------------------------------------------------------------------------------

void CommitHost::open(const Uuid& database_id, const core::VersionVector& have,
                      std::function<void(Status)> done) {
  close();
  database_id_ = database_id;
  moved_ = {have, have, {}, {}};
  opened_ = std::move(done);
  read_journal();
}

void CommitHost::close() {
  journal_.remove(client_);
  client_ = 0;
  state_ = State::kClosed;
  opened_ = nullptr;
  core_.reset();
  inputs_.clear();
  timer_.stop();
  retry_timer_.stop();
  answer_all_unknown("the agent has closed the database");
}

// As a client with a new number: what is under way for the one before is of no concern.
void CommitHost::read_journal() {
  journal_.remove(client_);
  client_ = journal_.add(*this);
  state_ = State::kOpening;
  journal_.read(client_, database_id_);
}

void CommitHost::journal_read(Result<JournalThread::Records> records) {
  if (!records.ok()) {
    if (!opened_) return fail(records.error());
    return std::exchange(opened_, nullptr)(records.error());
  }
  error_.clear();
  core_ = std::make_unique<core::Commit>(options_.core);
  state_ = State::kOpen;
  if (options_.witness) {
    const core::VersionVector forgotten = core::forgotten(*records);
    core::raise(moved_.have, forgotten);
    core::raise(moved_.durable, forgotten);
  }
  step(Opened{database_id_, moved_.durable, std::move(records).value()});
  voters_changed();
  if (voters_.fenced()) fence();
  step(Strangers{strangers_});
  for (const NodeId node : peers_) step(PeerUp{node});
  if (auto done = std::exchange(opened_, nullptr)) return done(Ok{});
  step(moved_);  // after a failure: the replica has gone on meanwhile
}

// Not inside a step: the core goes.
void CommitHost::fail(const Error& error) {
  if (error_ != error.message) {
    log_error("the commit journal fails; no transactions are decided here until it works again",
              {{"database", options_.database}, {"error", error.message}});
  }
  error_ = error.message;
  state_ = State::kFailed;
  core_.reset();
  inputs_.clear();
  timer_.stop();
  answer_all_unknown("the agent's commit journal fails");
  retry_timer_.start(kCommitRetryInterval);
}

void CommitHost::journal_written(std::uint64_t number, const Status& status) {
  if (state_ != State::kOpen) return;
  if (!status.ok()) return fail(status.error());
  step(Persisted{number});
}

// --- inputs -----------------------------------------------------------------------------------------------

void CommitHost::voters_changed() {
  step(EpochChanged{voters_.epoch(), voters_.tips(database_id_)});
}

void CommitHost::fence() {
  step(Fenced{});
}

void CommitHost::drain(const core::VersionVector& tips) {
  step(Drain{tips});
}

void CommitHost::strangers(std::vector<NodeId> nodes) {
  if (nodes == strangers_) return;
  strangers_ = std::move(nodes);
  step(Strangers{strangers_});
}

void CommitHost::peer_up(NodeId node) {
  if (std::find(peers_.begin(), peers_.end(), node) == peers_.end()) peers_.push_back(node);
  step(PeerUp{node});
}

void CommitHost::peer_down(NodeId node) {
  std::erase(peers_, node);
  step(PeerDown{node});
}

void CommitHost::store_moved(const core::VersionVector& have, const core::VersionVector& durable,
                             core::Hlc clock, const core::VersionVector& trimmed) {
  const bool same = have == moved_.have && durable == moved_.durable && clock == moved_.clock;
  if (same && trimmed == moved_.trimmed) return;
  moved_ = {have, durable, clock, trimmed};
  step(moved_);
}

void CommitHost::received(NodeId node, core::CommitMessage message) {
  step(Received{node, std::move(message)});
}

void CommitHost::taken(std::vector<core::ChangeSet> changes) {
  step(Taken{std::move(changes)});
}

void CommitHost::propose(core::commit_input::Propose proposal, Reply reply, Named named) {
  if (state_ != State::kOpen || open_.size() >= kQuestionsOpenMax) {
    const char* why = state_ == State::kOpen ? "too many transactions are under way at this agent"
                                             : "this agent can't decide transactions now";
    ++counters_.refused;
    return reply(reply_of(CommitOutcome::kUnavailable, why));
  }
  ++counters_.proposed;
  proposal.request = ++last_request_;
  open_[proposal.request] = {std::move(reply), std::move(named)};
  step(std::move(proposal));
}

void CommitHost::ask(core::Position slot, Reply reply) {
  if (state_ != State::kOpen || open_.size() >= kQuestionsOpenMax) {
    return reply(reply_of(CommitOutcome::kUnknown, "this agent can't tell now"));
  }
  open_[++last_request_] = {std::move(reply), nullptr};
  step(Ask{last_request_, slot});
}

void CommitHost::hold_back(Duration turn) {
  if (state_ == State::kOpen) step(HoldBack{turn});
}

core::VersionVector CommitHost::held(const core::VersionVector& known) const {
  return core_ ? core_->held(known) : core::VersionVector{};
}

core::VersionVector CommitHost::settled(const core::VersionVector& known) const {
  return core_ ? core_->settled(known) : core::VersionVector{};
}

std::vector<core::ChangeSet> CommitHost::decided_from(const core::Position& first,
                                                      std::int64_t bytes_max) const {
  return core_ ? core_->decided_from(first, bytes_max) : std::vector<core::ChangeSet>{};
}

core::CommitStatus CommitHost::status() const {
  if (core_) return core_->status();
  core::CommitStatus status;
  status.epoch = voters_.epoch();
  return status;
}

// --- the core ---------------------------------------------------------------------------------------------

void CommitHost::step(core::CommitInput input) {
  if (state_ != State::kOpen) return;
  inputs_.push_back(std::move(input));
  if (stepping_) return;
  stepping_ = true;
  while (!inputs_.empty()) {
    core::CommitInput next = std::move(inputs_.front());
    inputs_.pop_front();
    effects_.clear();
    const bool opens = std::holds_alternative<Opened>(next);
    core_->step({loop_.now(), wall_clock_ms()}, std::move(next), effects_);
    tell_pending(opens);
    if (!opens) tell_authors();  // of whom it knows when it knows the epoch
    perform(effects_);
  }
  stepping_ = false;
  timer_.start_at(core_->wake_at());
}

void CommitHost::tell_pending(bool opens) {
  const core::sync_input::Pending now{core_->pending_floor(), core_->last_slot(), core_->begun()};
  if (!opens && now == pending_) return;
  pending_ = now;
  store_.pending(now);
}

void CommitHost::tell_authors() {
  std::vector<NodeId> authors = core_->authors();
  if (authors == authors_) return;
  authors_ = std::move(authors);
  store_.authors(authors_);
}

// In the order that core::CommitEffects prescribes.
void CommitHost::perform(core::CommitEffects& effects) {
  for (const auto& [request, slot] : effects.named) {
    const auto found = open_.find(request);
    if (found != open_.end() && found->second.named) found->second.named(slot);
  }
  if (!effects.persist.empty()) {
    journal_.write(client_, database_id_, std::exchange(effects.persist, {}), effects.persist_number);
  }
  for (auto& send : effects.send) this->send(send.to, std::move(send.message));
  if (!effects.decided.empty()) store_.decided(std::exchange(effects.decided, {}));
  for (const auto& reply : effects.reply) answer(reply);
  for (const std::string& sentence : effects.report) {
    log_warn("commit", {{"database", options_.database}, {"report", sentence}});
  }
}

// Transactions may be too many for one message: then they go in several.
void CommitHost::send(const std::vector<NodeId>& to, core::CommitMessage message) {
  auto* prepare = std::get_if<core::Prepare>(&message);
  if (prepare == nullptr) return send_part(to, message);
  core::Prepare part{prepare->database_id, prepare->epoch, {}};
  std::int64_t bytes = 0;
  for (core::Transaction& transaction : prepare->transactions) {
    const auto size = static_cast<std::int64_t>(transaction.change.rows.size() +
                                                (transaction.claims.size() + transaction.shared.size()) *
                                                    sizeof(core::Claim) +
                                                sizeof(core::Transaction));
    if (!part.transactions.empty() && bytes + size > options_.message_bytes_max) {
      send_part(to, part);
      part.transactions.clear();
      bytes = 0;
    }
    bytes += size;
    part.transactions.push_back(std::move(transaction));
  }
  send_part(to, part);
}

void CommitHost::send_part(const std::vector<NodeId>& to, const core::CommitMessage& message) {
  counters_.messages_sent += static_cast<std::int64_t>(to.size());
  outbox_.send(to, wire::encode(options_.database, message));
}

// --- answers ----------------------------------------------------------------------------------------------

void CommitHost::answer(const core::CommitEffects::Reply& reply) {
  const auto found = open_.extract(reply.request);
  if (found.empty()) return;
  switch (reply.outcome) {
    case CommitOutcome::kCommitted:
    case CommitOutcome::kAborted: break;
    case CommitOutcome::kUnknown: ++counters_.unknown; break;
    case CommitOutcome::kConflict:
    case CommitOutcome::kBusy:
    case CommitOutcome::kUnavailable:
    case CommitOutcome::kRefused: ++counters_.refused; break;
  }
  found.mapped().reply(reply);
}

void CommitHost::answer_all_unknown(const std::string& why) {
  for (auto& [request, question] : std::exchange(open_, {})) {
    question.reply(reply_of(CommitOutcome::kUnknown, why));
  }
}

}  // namespace murmel::service
