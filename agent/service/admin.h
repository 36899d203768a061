// Admin: the routes of the admin HTTP port. `GET /admin` lists them. JSON everywhere but in /metrics.
//
//   GET  /livez /startupz /readyz      200 or 503, for process supervisors
//   GET  /metrics                      Prometheus text
//   GET  /admin/status /admin/members  what `murmel status`, `murmel members` show
//   GET  /admin/verify?database=       compare the rows of all nodes
//   GET  /admin/conflicts?database=&limit=
//   GET  /admin/txn?database=&id=      what became of a transaction at quorum, by its id (7q:12)
//   GET  /admin/log?database=&origin=&seq=&limit=
//   POST /admin/schema?database=       CREATE, ALTER, DROP statements in the body, decided by the cluster
//   GET  /admin/schema?database=       the schema on all nodes
//   POST /admin/schema/repair?database=&from=
//   GET  /admin/databases
//   POST /admin/databases/create?name= /admin/databases/drop?name=&delete_files=
//   POST /admin/rescan /admin/detach?database= /admin/enable?database= /admin/remove?node=
//
// Loop thread only. Must outlive the requests it was given: destroyed after the HTTP server and the node's
// databases are closed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "agent/io/loop.h"
#include "agent/service/http_server.h"
#include "agent/service/member_changes.h"

namespace murmel::service {

class Metrics;
class Node;
class SchemaChanges;
class Verify;

class Admin {
 public:
  Admin(io::Loop& loop, Node& node, Metrics& metrics, Verify& verify);
  ~Admin();
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  void handle(const HttpRequest& request, const HttpReply& reply);

 private:
  using Action = void (Admin::*)(const HttpRequest&, const HttpReply&);
  struct Route {
    const char* method;
    const char* path;
    Action action;
    const char* help;
  };
  static const std::vector<Route>& routes();

  void index(const HttpRequest&, const HttpReply&);
  void live(const HttpRequest&, const HttpReply&);
  void startup(const HttpRequest&, const HttpReply&);
  void ready(const HttpRequest&, const HttpReply&);
  void metrics(const HttpRequest&, const HttpReply&);
  void status(const HttpRequest&, const HttpReply&);
  void members(const HttpRequest&, const HttpReply&);
  void verify(const HttpRequest&, const HttpReply&);
  void conflicts(const HttpRequest&, const HttpReply&);
  void log(const HttpRequest&, const HttpReply&);
  void transaction(const HttpRequest&, const HttpReply&);
  void quarantine(const HttpRequest&, const HttpReply&);  // this and more in admin_heal.cc
  void repair(const HttpRequest&, const HttpReply&);
  void quarantine_retry(const HttpRequest&, const HttpReply&);
  void quarantine_skip(const HttpRequest&, const HttpReply&);
  void schema(const HttpRequest&, const HttpReply&);  // this and more in admin_schema.cc
  void show_schema(const HttpRequest&, const HttpReply&);
  void repair_schema(const HttpRequest&, const HttpReply&);
  void databases(const HttpRequest&, const HttpReply&);  // this and more in admin_databases.cc
  void create_database(const HttpRequest&, const HttpReply&);
  void drop_database(const HttpRequest&, const HttpReply&);
  void rescan(const HttpRequest&, const HttpReply&);
  void detach(const HttpRequest&, const HttpReply&);
  void enable(const HttpRequest&, const HttpReply&);
  void remove(const HttpRequest&, const HttpReply&);
  void add_member(const HttpRequest&, const HttpReply&);
  void allow_member(const HttpRequest&, const HttpReply&);
  void leave(const HttpRequest&, const HttpReply&);

  struct Gathering;
  // Collects answers of several databases, in any order; replies when all are there or time is up.
  std::uint64_t gather(std::size_t parts, std::function<void(Gathering&)> finish);
  void part_done(std::uint64_t id, const std::function<void(Gathering&)>& add);
  void gathered(std::uint64_t id);

  io::Loop& loop_;
  Node& node_;
  Metrics& metrics_;
  Verify& verify_;
  std::unique_ptr<SchemaChanges> schema_changes_;
  MemberChanges changes_;
  std::map<std::uint64_t, std::unique_ptr<Gathering>> gatherings_;
  std::uint64_t last_gathering_ = 0;
};

}  // namespace murmel::service
