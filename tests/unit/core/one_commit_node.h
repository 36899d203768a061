// One node's core::Commit: the test speaks for the others.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/core/commit.h"

namespace murmel::core {

inline constexpr WallMs kWall = 1'000'000;
inline const NodeId kSlots1 = decided_origin(1);
inline const NodeId kSlots2 = decided_origin(2);

inline Transaction transaction(std::vector<Claim> claims, VersionVector seen = {}) {
  Transaction t;
  t.change.hlc = Hlc::at(kWall);
  t.change.rows = SharedBytes("rows");
  t.claims = std::move(claims);
  t.seen = std::move(seen);
  return t;
}

inline Transaction of_node_2(Seq seq, std::vector<Claim> claims, VersionVector seen = {}) {
  Transaction t = transaction(std::move(claims), std::move(seen));
  t.change.origin = kSlots2;
  t.change.seq = seq;
  return t;
}

// Node 1 of the voters 1 .. n.
class OneNode {
 public:
  explicit OneNode(NodeId voters, std::vector<journal::Record> records = {}, VersionVector have = {},
                   Mutation mutation = Mutation::kNone, std::int64_t kept_bytes_max = 0) {
    CommitOptions options;
    options.self = 1;
    options.mutation = mutation;
    options.kept_bytes_max = kept_bytes_max;
    commit_ = std::make_unique<Commit>(options);
    step(commit_input::Opened{{}, std::move(have), std::move(records)});
    Epoch epoch{1, {}};
    for (NodeId node = 1; node <= voters; ++node) epoch.voters.push_back(node);
    step(commit_input::EpochChanged{epoch});
    for (NodeId node = 2; node <= voters; ++node) step(commit_input::PeerUp{node});
  }

  void step(CommitInput input) {
    effects.clear();
    go_on(std::move(input));
  }
  template <typename Message>
  void hear(NodeId node, Message message) {
    if constexpr (requires { message.epoch; }) message.epoch = 1;
    step(commit_input::Received{node, std::move(message)});
  }
  // Until nothing more is to be written.
  void sync() {
    effects.clear();
    for (std::uint64_t written = 0; written != number_;) {
      written = number_;
      go_on(commit_input::Persisted{written});
    }
  }
  void propose(Transaction t, bool in_place = false, CommitLevel level = CommitLevel::kQuorum) {
    step(commit_input::Propose{7, level, std::move(t), seconds(2), in_place});
  }
  void pass(Duration span) {
    now = now + span;
    step(commit_input::Tick{});
  }
  // Everything of one kind that was said in the last step, to `node`.
  template <typename Message>
  const Message* said(NodeId node) const {
    for (const auto& send : effects.send) {
      const bool to_node = std::find(send.to.begin(), send.to.end(), node) != send.to.end();
      if (const auto* message = std::get_if<Message>(&send.message); to_node && message) return message;
    }
    return nullptr;
  }
  const Commit& commit() const { return *commit_; }

  Instant now;
  CommitEffects effects;
  std::vector<journal::Record> journal;

 private:
  void go_on(CommitInput input) {
    const std::size_t before = effects.persist.size();
    commit_->step({now, kWall}, std::move(input), effects);
    journal.insert(journal.end(), effects.persist.begin() + static_cast<std::ptrdiff_t>(before),
                   effects.persist.end());
    if (!effects.persist.empty()) number_ = effects.persist_number;
  }

  std::unique_ptr<Commit> commit_;
  std::uint64_t number_ = 0;
};

inline Votes yes(Position slot) {
  return {{}, 1, {{slot, VoteReason::kYes, {}}}};
}

}  // namespace murmel::core
