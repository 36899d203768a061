#include "agent/service/membership_host.h"

#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/io/links.h"
#include "agent/service/log.h"
#include "agent/service/wall_clock.h"
#include "agent/service/whole_file.h"
#include "agent/wire/messages.h"

namespace murmel::service {
namespace {

using core::Member;
using core::MemberState;

constexpr int kMembersFormat = 1;

nlohmann::json to_json(const Member& member) {
  return {{"id", member.id},
          {"uuid", member.uuid.to_string()},
          {"address", member.address},
          {"state", static_cast<int>(member.state)},
          {"incarnation", member.incarnation}};
}

// The file is a help, not the truth: what can't be read is left out, and gossip tells it again.
std::vector<Member> read_members(const std::string& file) {
  std::vector<Member> members;
  std::ifstream stream(file);
  const auto saved = nlohmann::json::parse(stream, nullptr, false);
  if (!saved.is_object() || saved.value("format", 0) != kMembersFormat || !saved.contains("members"))
    return members;
  for (const auto& entry : saved["members"]) {
    if (!entry.is_object()) continue;
    const auto uuid = Uuid::parse(entry.value("uuid", ""));
    const int state = entry.value("state", 0);
    const NodeId id = entry.value("id", NodeId{0});
    if (!uuid.ok() || id == 0 || state < 0 || state > static_cast<int>(MemberState::kRemoved)) continue;
    members.push_back({.id = id,
                       .uuid = *uuid,
                       .address = entry.value("address", ""),
                       .state = static_cast<MemberState>(state),
                       .incarnation = entry.value("incarnation", std::uint32_t{0})});
  }
  return members;
}

}  // namespace

MembershipHost::MembershipHost(io::Loop& loop, core::MembershipOptions options, std::string file,
                               PeerOutbox& outbox, io::Links& links, Events& events)
    : loop_(loop),
      self_(options.self),
      file_(std::move(file)),
      outbox_(outbox),
      links_(links),
      events_(events),
      timer_(loop, [this] { step(core::member_input::Tick{}); }) {
  options.known = read_members(file_);
  for (const Member& member : options.known) known_before_ = known_before_ || member.id != self_;
  membership_ = std::make_unique<core::Membership>(std::move(options));
}

void MembershipHost::start() {
  step(core::member_input::Tick{});
}

void MembershipHost::stop() {
  timer_.stop();
}

Status MembershipHost::admit(NodeId node, const Uuid& uuid) const {
  if (node == self_) return Error{ErrorCode::kRefused, fmt::format("node id {} is this node's own", node)};
  for (const Member& member : membership_->members()) {
    if (member.id != node) continue;
    if (member.state == MemberState::kRemoved && member.uuid == uuid) {
      return Error{ErrorCode::kRefused, fmt::format("node {} was removed from the cluster", node)};
    }
    const bool gone = member.state == MemberState::kRemoved || member.state == MemberState::kLeft;
    if (!gone && !member.uuid.is_nil() && member.uuid != uuid) {
      return Error{
          ErrorCode::kRefused,
          fmt::format("node id {} belongs to another data directory; give this node another id", node)};
    }
  }
  return Ok{};
}

MemberState MembershipHost::own_state() const {
  for (const Member& member : membership_->members()) {
    if (member.id == self_) return member.state;
  }
  return MemberState::kJoining;
}

void MembershipHost::step(core::MemberInput input) {
  effects_.clear();
  membership_->step({loop_.now(), wall_clock_ms()}, std::move(input), effects_);
  perform(effects_);
  timer_.start_at(membership_->wake_at());
}

void MembershipHost::perform(core::MemberEffects& effects) {
  for (const std::string& sentence : effects.report) log_info("membership", {{"report", sentence}});
  for (const auto& send : effects.send) outbox_.send({send.to}, wire::encode(send.message));
  for (const std::string& address : effects.dial) {
    const Status status = links_.dial(address);
    if (!status.ok()) log_warn("can't dial", {{"address", address}, {"error", status.error().message}});
  }
  for (const NodeId node : effects.refuse) {
    links_.drop(node,
                {ErrorCode::kRefused, "not a member of this cluster any more, or its node id is taken"});
  }
  for (const Member& member : effects.changed) {
    log_info("member", {{"node", member.id},
                        {"state", core::member_state_name(member.state)},
                        {"address", member.address},
                        {"incarnation", member.incarnation}});
  }
  if (effects.changed.empty()) return;
  save();
  events_.members_changed();
  if (membership_->removed() && !told_removed_) {
    told_removed_ = true;
    events_.removed_from_cluster();
  }
}

void MembershipHost::save() const {
  nlohmann::json members = nlohmann::json::array();
  for (const Member& member : membership_->members()) members.push_back(to_json(member));
  const nlohmann::json saved = {{"format", kMembersFormat}, {"members", members}};
  const Status status = write_whole_file(file_, saved.dump() + "\n", Sync::kNo);
  if (!status.ok()) log_warn("members can't be saved", {{"error", status.error().message}});
}

}  // namespace murmel::service
