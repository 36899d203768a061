#include "agent/service/mysql_host.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/service/client_errors.h"
#include "agent/service/cluster_rows.h"
#include "agent/service/node.h"

namespace murmel::service {
namespace {

constexpr auto kStopLook = std::chrono::milliseconds(100);  // whether the server is being stopped

// An answer on its way from the loop to a session.
template <typename T>
struct Pending {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<T> answer;
};

session::Ids::Layout layout(const MysqlSettings& settings) {
  return settings.auto_increment == "extended" ? session::Ids::Layout::kExtended
                                               : session::Ids::Layout::kCompact;
}

std::int64_t seconds_since(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - since).count();
}

mysql::ClientError error_of(bool drop, const std::string& name, const Error& error) {
  if (!drop && error.code == ErrorCode::kConflict) return database_exists(name);
  if (drop && error.code == ErrorCode::kNotFound) return no_database_to_drop(name);
  return mysql::unknown_error(error.message);
}

}  // namespace

MysqlHost::MysqlHost(io::Loop& loop, Node& node, const ClientList& clients)
    : loop_(loop),
      node_(node),
      clients_(clients),
      numbers_(node.accounts_path(), node.id(), layout(node.settings().mysql)) {}

void MysqlHost::members_changed() {
  numbers_.set_members(node_.kept_nodes());
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

template <typename T>
T MysqlHost::wait_for(const std::function<void(std::function<void(T)>)>& act,
                      T (*refused)(mysql::ClientError)) {
  const auto pending = std::make_shared<Pending<T>>();
  const bool posted = loop_.post([act, pending] {
    act([pending](T answer) {
      const std::lock_guard lock(pending->mutex);
      pending->answer = std::move(answer);
      pending->arrived.notify_one();
    });
  });
  if (!posted) return refused(mysql::unknown_error("the server is busy; try again"));
  std::unique_lock lock(pending->mutex);
  while (!pending->answer.has_value()) {
    if (stopping_) return refused(mysql::shutting_down());
    pending->arrived.wait_for(lock, kStopLook);
  }
  return std::move(*pending->answer);
}

session::Rows MysqlHost::cluster(session::ClusterTable table) {
  return wait_for<session::Rows>(
      [this, table](const std::function<void(session::Rows)>& answer) { read_cluster(node_, table, answer); },
      [](mysql::ClientError) { return session::Rows(); });
}

SessionHost::Refusal MysqlHost::change_database(const sql::DatabaseCommand& command) {
  const bool drop = command.what == sql::DatabaseCommand::What::kDrop;
  const auto act = [this, drop, name = command.name](const std::function<void(Refusal)>& answer) {
    const auto reply = [answer, drop, name](const Result<nlohmann::json>& result) {
      answer(result.ok() ? Refusal() : Refusal(error_of(drop, name, result.error())));
    };
    drop ? node_.catalog().drop(name, false, reply) : node_.catalog().create(name, reply);
  };
  return wait_for<Refusal>(act, [](mysql::ClientError error) { return Refusal(std::move(error)); });
}

}  // namespace murmel::service
