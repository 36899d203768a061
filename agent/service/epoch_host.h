// EpochHost: carries out what core::Epochs decides: who votes, for all databases of the agent. What it
// promises is kept in the commit journal; what it needs to know of the databases it asks their CommitHosts,
// or the journal, for those that are not open.
//
//   kClosed ──start()──► kReading ──journal read──► kOpen ──journal fails──► kFailed ──timer──► kReading
//
// The first set of voters. A node without seeds makes it, alone. Nodes that name each other as seeds wait
// until each of them is linked to as many others as it names; none of these may know a set of voters; then
// the one with the smallest id makes it, and the others ask to be taken in. "now" waits for nobody, "never"
// leaves it to the others.
//
// Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/epoch.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/service/calls.h"
#include "agent/service/journal_thread.h"
#include "agent/service/outbox.h"
#include "agent/service/voter_source.h"

namespace murmel::service {

class CommitHost;

enum class Beginning { kAuto, kNow, kNever };

struct EpochHostOptions {
  core::EpochOptions core;
  core::EpochRole role = core::EpochRole::kVoter;
  Beginning beginning = Beginning::kAuto;
  std::size_t seeds = 0;  // other nodes that are named in the configuration
};

class EpochHost final : public VoterSource, private JournalThread::Client {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    // The CommitHosts of all databases.
    virtual std::vector<CommitHost*> deciders() = 0;
    // What was decided before the start is known now.
    virtual void epochs_read() = 0;
    // Another record is in force, or this node has been fenced; all deciders know.
    virtual void epoch_entered(const core::EpochRecord& record) = 0;
  };
  using Reply = std::function<void(const core::EpochEffects::Reply&)>;

  EpochHost(io::Loop& loop, const EpochHostOptions& options, PeerOutbox& outbox, JournalThread& journal,
            Calls& calls, Events& events);
  ~EpochHost() override;
  EpochHost(const EpochHost&) = delete;
  EpochHost& operator=(const EpochHost&) = delete;

  void start();
  void stop();

  // Of nodes that know core::EpochMessage.
  void peer_up(NodeId node, const Uuid& uuid);
  void peer_down(NodeId node);
  void received(NodeId node, core::EpochMessage message);
  // `reply` is called once, at the latest by stop().
  void propose(const core::EpochChange& change, Duration timeout, Reply reply);

  // VoterSource
  core::Epoch epoch() const override;
  core::VersionVector tips(const Uuid& database_id) const override;
  bool fenced() const override;
  std::vector<NodeId> data_voters() const override;

  core::EpochStatus status() const;
  bool is_read() const { return read_; }  // once, since the start
  core::EpochRole role() const { return options_.role; }
  const std::string& error() const { return error_; }  // of the journal; empty: none

 private:
  enum class State { kClosed, kReading, kOpen, kFailed };
  struct Told {
    bool without = false;  // it knows no set of voters
    bool decides = false;  // may make the first one
    bool asked = false;    // and has not answered yet
    Instant at;            // of the answer
  };
  struct AskedHeld {
    Instant until;
    std::uint64_t request = 0;
    core::Tips tips;
  };

  // JournalThread::Client
  void journal_read(Result<JournalThread::Records>) override {}
  void journal_written(std::uint64_t number, const Status& status) override;

  void read();
  void opened(Result<std::optional<core::EpochState>> state);
  void fail(const Error& error);
  void consider_beginning();
  void ask_peers();
  void begin();
  std::string answer_beginning() const;
  void step(core::EpochInput input);
  void perform(core::EpochEffects& effects);
  void ask_known(std::uint64_t request);
  void answer_held();
  bool held(const core::Tips& tips);
  void answer_all(const std::string& why);

  io::Loop& loop_;
  EpochHostOptions options_;
  PeerOutbox& outbox_;
  JournalThread& journal_;
  Calls& calls_;
  Events& events_;
  State state_ = State::kClosed;
  JournalThread::ClientId client_ = 0;
  std::string error_;
  bool read_ = false;
  std::map<NodeId, Uuid> peers_;
  std::map<NodeId, Told> told_;  // about the beginning, while there is no set of voters
  std::unique_ptr<core::Epochs> core_;
  std::vector<core::EpochInput> inputs_;
  bool stepping_ = false;
  std::uint64_t last_request_ = 0;
  std::map<std::uint64_t, Reply> open_;
  io::Timer timer_;
  io::Timer retry_timer_;
  io::Timer beginning_timer_;
  std::list<AskedHeld> asked_held_;
  io::Timer held_timer_;
};

}  // namespace murmel::service
