#include "agent/service/mysql_host.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/service/node.h"

namespace murmel::service {
namespace {

constexpr auto kStopLook = std::chrono::milliseconds(100);  // whether the server is being stopped

// An answer on its way from the loop to a session.
struct Pending {
  std::mutex mutex;
  std::condition_variable arrived;
  bool done = false;
  SessionHost::Refusal refusal;
};

std::int64_t seconds_since(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - since).count();
}

}  // namespace

void MysqlHost::members_changed() {
  std::vector<NodeId> nodes = node_.data_nodes();
  nodes.push_back(node_.id());
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  const auto own = std::find(nodes.begin(), nodes.end(), node_.id());
  ids_.set_place({static_cast<std::uint32_t>(own - nodes.begin()), static_cast<std::uint32_t>(nodes.size())});
}

void MysqlHost::stop() {
  stopping_ = true;
}

std::vector<std::pair<std::string, std::string>> MysqlHost::status() {
  const std::vector<ClientEntry> clients = clients_.all();
  const auto running = std::count_if(clients.begin(), clients.end(),
                                     [](const ClientEntry& client) { return client.command != "Sleep"; });
  return {{"Ssl_cipher", ""},
          {"Ssl_version", ""},
          {"Threads_connected", std::to_string(clients.size())},
          {"Threads_running", std::to_string(running)},
          {"Uptime", std::to_string(seconds_since(started_))}};
}

// --- what the loop does -----------------------------------------------------------------------------------

SessionHost::Refusal MysqlHost::wait_for(const std::function<void(std::function<void(Refusal)>)>& act) {
  const auto pending = std::make_shared<Pending>();
  const bool posted = loop_.post([act, pending] {
    act([pending](Refusal refusal) {
      const std::lock_guard lock(pending->mutex);
      pending->refusal = std::move(refusal);
      pending->done = true;
      pending->arrived.notify_one();
    });
  });
  if (!posted) return mysql::unknown_error("the server is busy; try again");
  std::unique_lock lock(pending->mutex);
  while (!pending->done) {
    if (stopping_) return mysql::shutting_down();
    pending->arrived.wait_for(lock, kStopLook);
  }
  return pending->refusal;
}

SessionHost::Refusal MysqlHost::change_database(const sql::DatabaseCommand& command) {
  const bool drop = command.what == sql::DatabaseCommand::What::kDrop;
  return wait_for([this, drop, name = command.name](const std::function<void(Refusal)>& answer) {
    const auto reply = [answer](const Result<nlohmann::json>& result) {
      answer(result.ok() ? Refusal() : Refusal(mysql::unknown_error(result.error().message)));
    };
    drop ? node_.catalog().drop(name, false, reply) : node_.catalog().create(name, reply);
  });
}

}  // namespace murmel::service
