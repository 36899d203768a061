// A cluster without network and threads for the golden files: for each node an application's connection with
// the extension, and the agent's database. Change sets are handed over when a story says so.
//
// Commands are at least a millisecond apart, so their stamps order as they stand, whichever nodes they are
// about. One thread.
#pragma once

#include <sqlite3.h>

#include <map>
#include <memory>
#include <string>

#include "agent/store/database.h"

namespace murmel::stories {

class Replicas {
 public:
  // `folder`: empty, for the database files. `extension`: what to load.
  Replicas(std::string folder, std::string extension);
  ~Replicas();
  Replicas(const Replicas&) = delete;
  Replicas& operator=(const Replicas&) = delete;

  // Runs one command of a story and returns what it prints. See README.md for the commands.
  std::string run(const std::string& command, const std::string& input);

 private:
  struct Node {
    NodeId id = 0;
    sqlite3* application = nullptr;
    std::unique_ptr<store::Database> database;
    Seq shown = 0;  // own records printed by `log`
    ~Node();
  };

  Node& node(const std::string& name);
  std::string sql(Node& node, const std::string& text);
  std::string log(Node& node);
  std::string send(Node& from, Node& to);
  std::string settle();
  std::string everywhere(const std::string& text);
  std::string conflicts(Node& node);
  // Gives `to` what it lacks of `from`; adds to `report`. False if there was nothing.
  bool hand_over(Node& from, Node& to, store::ApplyReport* report, std::string* failure);

  std::string folder_;
  std::string extension_;
  std::map<NodeId, std::unique_ptr<Node>> nodes_;
};

}  // namespace murmel::stories
