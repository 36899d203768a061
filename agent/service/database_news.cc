#include "agent/service/database_news.h"

#include <nlohmann/json.hpp>

namespace murmel::service {
namespace {

constexpr char kFilesCall[] = "databases";
constexpr Duration kFilesTimeout = seconds(30);

}  // namespace

std::vector<std::string> parse_database_files(const std::string& body) {
  const auto list = nlohmann::json::parse(body, nullptr, false);
  if (!list.is_array() || list.size() > kDatabasesTold) return {};
  std::vector<std::string> files;
  for (const auto& item : list) {
    if (!item.is_string()) return {};
    files.push_back(item.get<std::string>());
  }
  return files;
}

DatabaseNews::DatabaseNews(Calls& calls, ReplicaSet& replicas) : calls_(calls), replicas_(replicas) {
  calls_.handle(kFilesCall,
                [this](const std::string& body, const Calls::Reply& reply) { reply(heard(body)); });
}

void DatabaseNews::peer_up(NodeId node) {
  peers_.insert(node);
  tell(node, replicas_.open_files_of_globs());
}

void DatabaseNews::peer_down(NodeId node) {
  peers_.erase(node);
}

void DatabaseNews::tell_new() {
  std::vector<std::string> news;
  for (const std::string& file : replicas_.open_files_of_globs()) {
    if (told_.insert(file).second) news.push_back(file);
  }
  for (const NodeId node : peers_) tell(node, news);
}

// Lost answers do not matter: who was away is told everything when its link comes up again.
void DatabaseNews::tell(NodeId node, const std::vector<std::string>& files) {
  if (files.empty()) return;
  calls_.ask(node, kFilesCall, nlohmann::json(files).dump(), kFilesTimeout,
             [](const Result<std::string>&) {});
}

Result<std::string> DatabaseNews::heard(const std::string& body) {
  for (const std::string& file : parse_database_files(body)) replicas_.make_from_peer(file);
  return std::string("{}");
}

}  // namespace murmel::service
