#include "agent/service/epoch_host.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/service/commit_host.h"
#include "agent/service/log.h"
#include "agent/service/seed.h"
#include "agent/service/wall_clock.h"
#include "agent/wire/messages.h"

namespace murmel::service {
namespace {

using namespace core::epoch_input;
using core::EpochOutcome;
using core::EpochRole;
using nlohmann::json;

constexpr Duration kEpochRetryInterval = seconds(1);
constexpr Duration kBeginningInterval = milliseconds(50);
constexpr Duration kBeginningTimeout = seconds(2);
constexpr Duration kBeginningFresh = seconds(1);  // so long an answer holds
constexpr Duration kHeldInterval = milliseconds(20);
constexpr Duration kHeldTimeout = seconds(2);
constexpr char kBeginningCall[] = "beginning";
constexpr std::size_t kChangesOpenMax = 64;  // changes of members that are asked for here

core::EpochEffects::Reply reply_of(EpochOutcome outcome, std::string text) {
  core::EpochEffects::Reply reply;
  reply.outcome = outcome;
  reply.text = std::move(text);
  return reply;
}

}  // namespace

EpochHost::EpochHost(io::Loop& loop, const EpochHostOptions& options, PeerOutbox& outbox,
                     JournalThread& journal, Calls& calls, Events& events)
    : loop_(loop),
      options_(options),
      outbox_(outbox),
      journal_(journal),
      calls_(calls),
      events_(events),
      timer_(loop, [this] { step(Tick{}); }),
      retry_timer_(loop, [this] { read(); }),
      beginning_timer_(loop, [this] { consider_beginning(); }),
      held_timer_(loop, [this] { answer_held(); }) {
  calls_.handle(kBeginningCall,
                [this](const std::string&, const Calls::Reply& reply) { reply(answer_beginning()); });
}

EpochHost::~EpochHost() {
  stop();
}

// --- opening and closing ----------------------------------------------------------------------------------

void EpochHost::start() {
  read();
}

void EpochHost::stop() {
  journal_.remove(client_);
  client_ = 0;
  state_ = State::kClosed;
  core_.reset();
  inputs_.clear();
  timer_.stop();
  retry_timer_.stop();
  beginning_timer_.stop();
  held_timer_.stop();
  asked_held_.clear();
  answer_all("the agent stops");
}

// As a client with a new number: what is under way for the one before is of no concern.
void EpochHost::read() {
  journal_.remove(client_);
  client_ = journal_.add(*this);
  state_ = State::kReading;
  journal_.read_epoch(client_, [this](auto state) { opened(std::move(state)); });
}

void EpochHost::opened(Result<std::optional<core::EpochState>> state) {
  if (!state.ok()) return fail(state.error());
  error_.clear();
  core_ = std::make_unique<core::Epochs>(options_.core);
  state_ = State::kOpen;
  step(Opened{std::move(state).value()});
  read_ = true;
  events_.epochs_read();
  for (const auto& [node, uuid] : peers_) step(PeerUp{node, uuid});
  step(Join{options_.role});  // once there are others to ask
  consider_beginning();
}

// Not inside a step: the core goes.
void EpochHost::fail(const Error& error) {
  if (error_ != error.message) {
    log_error("the commit journal fails; this node does not vote until it works again",
              {{"error", error.message}});
  }
  error_ = error.message;
  state_ = State::kFailed;
  core_.reset();
  inputs_.clear();
  timer_.stop();
  held_timer_.stop();
  asked_held_.clear();
  answer_all("the agent's commit journal fails");
  retry_timer_.start(kEpochRetryInterval);
}

void EpochHost::journal_written(std::uint64_t number, const Status& status) {
  if (state_ != State::kOpen) return;
  if (!status.ok()) return fail(status.error());
  step(Persisted{number});
}

// --- the first set of voters ------------------------------------------------------------------------------

std::string EpochHost::answer_beginning() const {
  const bool decides = options_.role == EpochRole::kVoter && options_.beginning != Beginning::kNever;
  // Before the journal is read nobody may think that there is no set of voters here.
  const bool known = state_ == State::kOpen && core_->status().number == 0;
  return json{{"number", known ? 0 : 1}, {"decides", decides}}.dump();
}

// Again and again: who has nothing to tell yet may have in a moment.
void EpochHost::ask_peers() {
  for (const auto& [node, uuid] : peers_) {
    Told& told = told_[node];
    if (told.asked || (told.without && loop_.now() < told.at + milliseconds(200))) continue;
    told.asked = true;
    calls_.ask(
        node, kBeginningCall, "{}", kBeginningTimeout,
        [this, node = node](const Result<std::string>& answer) {
          const auto found = told_.find(node);
          if (found == told_.end()) return;
          const json said = answer.ok() ? json::parse(*answer, nullptr, false) : json();
          const bool without = said.is_object() && said.value("number", 1) == 0;
          found->second = {without, said.is_object() && said.value("decides", true), false, loop_.now()};
        });
  }
}

void EpochHost::consider_beginning() {
  if (state_ != State::kOpen || core_->status().number != 0) return;
  beginning_timer_.start(kBeginningInterval);
  const bool decides = options_.role == EpochRole::kVoter && options_.beginning != Beginning::kNever;
  if (decides && (options_.seeds == 0 || options_.beginning == Beginning::kNow)) return begin();
  if (!decides || peers_.size() < options_.seeds) return;
  ask_peers();
  const bool mine = std::all_of(peers_.begin(), peers_.end(), [&](const auto& peer) {
    const Told& told = told_[peer.first];
    const bool fresh = told.without && loop_.now() < told.at + kBeginningFresh;
    return fresh && (!told.decides || peer.first > options_.core.self);
  });
  if (mine) begin();
}

void EpochHost::begin() {
  log_info("first node of the cluster: it decides alone until others are taken in",
           {{"node", options_.core.self}});
  step(Bootstrap{random_uuid(), {}});
}

// --- inputs -----------------------------------------------------------------------------------------------

void EpochHost::peer_up(NodeId node, const Uuid& uuid) {
  peers_[node] = uuid;
  told_.erase(node);
  step(PeerUp{node, uuid});
}

void EpochHost::peer_down(NodeId node) {
  peers_.erase(node);
  told_.erase(node);
  step(PeerDown{node});
}

void EpochHost::received(NodeId node, core::EpochMessage message) {
  step(Received{node, std::move(message)});
}

void EpochHost::propose(const core::EpochChange& change, Duration timeout, Reply reply) {
  if (state_ != State::kOpen || open_.size() >= kChangesOpenMax) {
    const char* why = state_ == State::kOpen ? "too many changes of the members are under way"
                                             : "this agent can't change the members now";
    return reply(reply_of(EpochOutcome::kUnavailable, why));
  }
  open_[++last_request_] = std::move(reply);
  step(Propose{last_request_, change, timeout});
}

core::Epoch EpochHost::epoch() const {
  return core_ ? core_->epoch() : core::Epoch{};
}

core::VersionVector EpochHost::tips(const Uuid& database_id) const {
  return core_ ? core_->tips(database_id) : core::VersionVector{};
}

bool EpochHost::fenced() const {
  return core_ && core_->fenced();
}

std::vector<NodeId> EpochHost::data_voters() const {
  std::vector<NodeId> nodes;
  for (const core::EpochMember& member : status().members) {
    if (member.role == EpochRole::kVoter) nodes.push_back(member.node);
  }
  return nodes;
}

core::EpochStatus EpochHost::status() const {
  return core_ ? core_->status() : core::EpochStatus{};
}

// --- the core ---------------------------------------------------------------------------------------------

void EpochHost::step(core::EpochInput input) {
  if (state_ != State::kOpen) return;
  inputs_.push_back(std::move(input));
  if (stepping_) return;
  stepping_ = true;
  // By index: what the effects cause may be inputs too. stop() empties the list.
  for (std::size_t next = 0; next < inputs_.size(); ++next) {
    core::EpochEffects effects;
    core_->step({loop_.now(), wall_clock_ms()}, std::move(inputs_[next]), effects);
    perform(effects);
  }
  inputs_.clear();
  stepping_ = false;
  if (core_) timer_.start_at(core_->wake_at());
}

// In the order that core::EpochEffects prescribes.
void EpochHost::perform(core::EpochEffects& effects) {
  if (effects.enter) {
    log_info("members in force",
             {{"epoch", effects.enter->number}, {"members", effects.enter->members.size()}});
    beginning_timer_.stop();
    for (CommitHost* host : events_.deciders()) host->voters_changed();
  }
  if (effects.fence) {
    for (CommitHost* host : events_.deciders()) host->fence();
  }
  if (effects.drain) {
    for (CommitHost* host : events_.deciders()) {
      const auto found = effects.drain->find(host->database_id());
      if (found != effects.drain->end()) host->drain(found->second);
    }
  }
  if (effects.ask_known) ask_known(*effects.ask_known);
  for (auto& ask : effects.ask_held) {
    asked_held_.push_back({loop_.now() + kHeldTimeout, ask.request, std::move(ask.tips)});
  }
  if (!effects.ask_held.empty()) answer_held();
  if (effects.persist) journal_.write_epoch(client_, std::move(*effects.persist), effects.persist_number);
  for (const auto& send : effects.send) outbox_.send(send.to, wire::encode(send.message));
  for (const auto& reply : effects.reply) {
    const auto found = open_.extract(reply.request);
    if (!found.empty()) found.mapped()(reply);
  }
  if (effects.enter) events_.epoch_entered(*effects.enter);  // closes links: after what is sent
  for (const std::string& sentence : effects.report) log_warn("members", {{"report", sentence}});
}

// Open databases are asked themselves; of the others the journal has all that this node has promised. It is
// read after the fence, so nothing is said any more that it could lack.
void EpochHost::ask_known(std::uint64_t request) {
  journal_.read_known(client_, [this, request](const Result<core::Tips>& journal) {
    if (!journal.ok()) return fail(journal.error());
    core::Tips known = *journal;
    for (const CommitHost* host : events_.deciders()) {
      if (!host->is_open()) continue;
      core::VersionVector& tips = known[host->database_id()];
      for (const auto& [origin, seq] : host->known()) {
        Seq& tip = tips[origin];
        tip = std::max(tip, seq);
      }
    }
    std::erase_if(known, [](const auto& entry) { return entry.second.empty(); });
    step(Known{request, std::move(known)});
  });
}

// What is not held yet may be in a moment. Asked anew it would be about more: while applications write, a
// node that is a little behind would never be found to hold anything.
void EpochHost::answer_held() {
  std::vector<Held> answers;
  for (const AskedHeld& asked : asked_held_) {
    const bool is_held = held(asked.tips);
    if (is_held || loop_.now() >= asked.until) answers.push_back({asked.request, is_held});
  }
  // None is in the list any more when it is answered, which may bring new ones.
  for (const Held& answer : answers) {
    asked_held_.remove_if([&](const AskedHeld& asked) { return asked.request == answer.request; });
  }
  for (const Held& answer : answers) step(answer);
  if (!asked_held_.empty() && !held_timer_.active()) held_timer_.start(kHeldInterval);
}

bool EpochHost::held(const core::Tips& tips) {
  const std::vector<CommitHost*> hosts = events_.deciders();
  return std::all_of(tips.begin(), tips.end(), [&](const auto& entry) {
    if (journal_.dropped().contains(entry.first)) return true;  // who still tells of it has not heard
    return std::any_of(hosts.begin(), hosts.end(), [&](const CommitHost* host) {
      return host->is_open() && host->database_id() == entry.first && host->holds(entry.second);
    });
  });
}

void EpochHost::answer_all(const std::string& why) {
  for (auto& [request, reply] : std::exchange(open_, {})) reply(reply_of(EpochOutcome::kUnknown, why));
}

}  // namespace murmel::service
