// Nodes as the agent runs them, with real links and files, all on one loop.
#include "agent/service/node.h"

#include <sqlite3.h>

#include <functional>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "agent/service/admin.h"
#include "agent/service/metrics.h"
#include "agent/service/verify.h"
#include "agent/wire/messages.h"
#include "agent/wire/packed.h"
#include "tests/unit/service/temporary_folder.h"

namespace murmel::service {
namespace {

using nlohmann::json;
using test::TemporaryFolder;

constexpr Duration kPatience = seconds(30);

// An application; each statement is a transaction.
void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  sqlite3_busy_timeout(db, 10'000);
  sqlite3_enable_load_extension(db, 1);
  REQUIRE(sqlite3_load_extension(db, MURMEL_EXTENSION, nullptr, nullptr) == SQLITE_OK);
  CHECK(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(sqlite3_close(db) == SQLITE_OK);
}

// First value of the first row; empty if there is none (yet).
std::string value_of(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  std::string value;
  if (sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0) != nullptr) {
      value = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
  }
  sqlite3_close(db);
  return value;
}

struct Running {
  Settings settings;
  std::unique_ptr<DataDir> data_dir;
  std::unique_ptr<Node> node;
  std::unique_ptr<Metrics> metrics;
  std::unique_ptr<Verify> verify;
  std::unique_ptr<Admin> admin;
};

struct Cluster {
  TemporaryFolder folder;
  std::unique_ptr<io::Loop> loop = std::move(io::Loop::make()).value();
  std::vector<std::unique_ptr<Running>> nodes;

  Cluster() = default;
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster() {
    std::size_t stopped = 0;
    for (auto& running : nodes) running->node->stop([&] { ++stopped; });
    until([&] { return stopped == nodes.size(); });
  }

  std::string path(NodeId id) const { return folder.file("node" + std::to_string(id) + ".db"); }

  // Each joins through the first one.
  Running& add() {
    const auto id = static_cast<NodeId>(nodes.size() + 1);
    auto running = std::make_unique<Running>();
    Settings& settings = running->settings;
    settings.cluster.listen = "127.0.0.1:0";
    settings.cluster.shutdown_grace_ms = 2'000;
    settings.cluster.join_timeout_ms = 60'000;
    if (!nodes.empty()) settings.cluster.seeds = {nodes[0]->node->links().advertise()};
    // Applications run in the loop's own thread here, so it could not decide their schema changes.
    settings.databases.push_back({.name = "app", .path = path(id), .schema_changes = "one"});
    auto data_dir = DataDir::open(folder.file("data" + std::to_string(id)), id);
    REQUIRE(data_dir.ok());
    running->data_dir = std::make_unique<DataDir>(std::move(data_dir).value());
    auto node = Node::make(*loop, settings, *running->data_dir);
    REQUIRE(node.ok());
    running->node = std::move(node).value();
    running->metrics = std::make_unique<Metrics>(*running->node);
    running->verify = std::make_unique<Verify>(*loop, *running->node);
    running->admin = std::make_unique<Admin>(*loop, *running->node, *running->metrics, *running->verify);
    running->node->start();
    nodes.push_back(std::move(running));
    return *nodes.back();
  }

  bool until(const std::function<bool()>& condition) {
    const Instant end = loop->now() + kPatience;
    while (!condition()) {
      if (loop->now() > end) return false;
      loop->run_for(milliseconds(10));
    }
    return true;
  }

  HttpResponse ask(std::size_t index, const std::string& method, const std::string& path,
                   std::map<std::string, std::string> query = {}) {
    std::optional<HttpResponse> response;
    nodes[index]->admin->handle({method, path, std::move(query), ""},
                                [&](HttpResponse r) { response = std::move(r); });
    CHECK(until([&] { return response.has_value(); }));
    return response.value_or(HttpResponse{});
  }
};

// Has proven the secret of a cluster without one, and sends what it likes.
struct HostilePeer final : io::LinkEvents {
  std::unique_ptr<io::Links> links;

  HostilePeer(io::Loop& loop, const std::string& victim) {
    io::LinkOptions options;
    options.node = 66;
    options.uuid.bytes.fill(66);
    options.cluster = Settings().cluster.name;
    auto made = io::Links::make(loop, options, *this);
    REQUIRE(made.ok());
    links = std::move(made).value();
    REQUIRE(links->dial(victim).ok());
  }
  Status admit(const io::PeerInfo&) override { return Ok{}; }
  void link_up(const io::PeerInfo&) override {}
  void link_down(NodeId, const Error&) override {}
  void received(NodeId, ByteView) override {}
  void writable(NodeId) override {}
  void slowed(NodeId, const io::IntakeBudget::Debt&) override {}
  void refused(const std::string&, const Error&) override {}
};

}  // namespace

TEST_CASE("a member that floods with questions is slowed down, and the others go on replicating") {
  Cluster cluster;
  cluster.add();
  cluster.add();
  REQUIRE(cluster.until([&] { return cluster.nodes[0]->node->ready() && cluster.nodes[1]->node->ready(); }));
  HostilePeer hostile(*cluster.loop, cluster.nodes[0]->node->links().advertise());
  REQUIRE(cluster.until([&] { return hostile.links->linked(1); }));
  for (std::uint64_t i = 1; i <= 3'000; ++i) {
    const auto message = wire::encode({.database = "", .body = wire::Call{i, "hashes", "app"}});
    REQUIRE(hostile.links->send(1, wire::pack(message, 0)) == io::SendResult::kQueued);
  }
  const auto pauses_of = [&](NodeId peer) -> std::uint64_t {
    for (const io::LinkStats& link : cluster.nodes[0]->node->links().stats().links) {
      if (link.node == peer) return link.pauses;
    }
    return 0;
  };
  REQUIRE(cluster.until([&] { return pauses_of(66) > 0; }));
  run_sql(cluster.path(2),
          "CREATE TABLE t(id INTEGER PRIMARY KEY, body); INSERT INTO t VALUES(1, 'through')");
  CHECK(cluster.until([&] { return value_of(cluster.path(1), "SELECT body FROM t") == "through"; }));
  CHECK_EQ(pauses_of(2), 0);
  CHECK(cluster.ask(0, "GET", "/metrics").body.find("murmel_peer_pauses_total{peer=\"66\"}") !=
        std::string::npos);
}

TEST_CASE("a row written on one node arrives on the others, and they verify as equal") {
  Cluster cluster;
  cluster.add();
  cluster.add();
  cluster.add();
  REQUIRE(cluster.until([&] {
    return cluster.nodes[0]->node->ready() && cluster.nodes[1]->node->ready() &&
           cluster.nodes[2]->node->ready();
  }));
  run_sql(cluster.path(1),
          "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT); INSERT INTO t VALUES(1, 'one')");
  const char* body = "SELECT body FROM t WHERE id = 1";
  CHECK(cluster.until(
      [&] { return value_of(cluster.path(2), body) == "one" && value_of(cluster.path(3), body) == "one"; }));
  run_sql(cluster.path(3), "UPDATE t SET body = 'three'");
  CHECK(cluster.until([&] {
    return value_of(cluster.path(1), body) == "three" && value_of(cluster.path(2), body) == "three";
  }));

  const json verified = json::parse(cluster.ask(0, "GET", "/admin/verify").body);
  CHECK(verified["equal"] == true);
  CHECK(verified["databases"][0]["nodes"].size() == 3);

  const json log = json::parse(cluster.ask(1, "GET", "/admin/log", {{"origin", "3"}}).body);
  CHECK(log["records"].size() == 1);
  CHECK(cluster.ask(1, "GET", "/metrics").body.find("murmel_applied_transactions_total{database=\"app\"} ") !=
        std::string::npos);
}

TEST_CASE("a node that joins later gets what was there before Murmel by snapshot") {
  Cluster cluster;
  run_sql(cluster.path(1), "CREATE TABLE old(x); INSERT INTO old VALUES('from before')");
  cluster.add();
  cluster.add();
  CHECK(cluster.until([&] { return value_of(cluster.path(2), "SELECT x FROM old") == "from before"; }));
  CHECK(cluster.until([&] { return cluster.nodes[1]->node->ready(); }));
  CHECK(cluster.nodes[1]->node->replicas().find("app")->counters().snapshots_installed == 1);
}

TEST_CASE("a database is detached and taken in again while the node runs") {
  Cluster cluster;
  cluster.add();
  REQUIRE(cluster.until([&] { return cluster.nodes[0]->node->ready(); }));
  run_sql(cluster.path(1), "CREATE TABLE t(id INTEGER PRIMARY KEY)");
  CHECK(cluster.ask(0, "POST", "/admin/enable", {{"database", "app"}}).status == 409);
  CHECK(cluster.ask(0, "POST", "/admin/detach", {{"database", "app"}}).status == 200);
  CHECK(value_of(cluster.path(1), "SELECT group_concat(name) FROM sqlite_schema") == "t");
  CHECK(cluster.ask(0, "POST", "/admin/detach", {{"database", "app"}}).status == 404);
  CHECK(cluster.ask(0, "POST", "/admin/enable", {{"database", "app"}}).status == 200);
  CHECK(cluster.until([&] { return cluster.nodes[0]->node->ready(); }));
}

TEST_CASE("admin routes refuse what they don't know and check what they are given") {
  Cluster cluster;
  cluster.add();
  REQUIRE(cluster.until([&] { return cluster.nodes[0]->node->ready(); }));
  CHECK(cluster.ask(0, "GET", "/livez").status == 200);
  CHECK(cluster.ask(0, "GET", "/startupz").status == 200);
  CHECK(cluster.ask(0, "GET", "/readyz").status == 200);
  CHECK(cluster.ask(0, "GET", "/nothing").status == 404);
  CHECK(cluster.ask(0, "POST", "/admin/status").status == 405);
  CHECK(cluster.ask(0, "GET", "/admin/conflicts", {{"database", "other"}}).status == 404);
  CHECK(cluster.ask(0, "GET", "/admin/conflicts", {{"limit", "0"}}).status == 400);
  CHECK(cluster.ask(0, "GET", "/admin/log", {{"seq", "-1"}}).status == 400);
  CHECK(cluster.ask(0, "POST", "/admin/remove").status == 400);
  CHECK(cluster.ask(0, "POST", "/admin/remove", {{"node", "1"}}).status == 403);
  CHECK(cluster.ask(0, "POST", "/admin/remove", {{"node", "9"}}).status == 404);
  CHECK(json::parse(cluster.ask(0, "GET", "/admin").body).size() > 10);
  const json status = json::parse(cluster.ask(0, "GET", "/admin/status").body);
  CHECK(status["databases"][0]["name"] == "app");
  CHECK(status["databases"][0].contains("store"));
  const json members = json::parse(cluster.ask(0, "GET", "/admin/members").body);
  CHECK(members["members"][0]["state"] == "ALIVE");
}

TEST_CASE("a node waits for its seeds before it says that it is ready") {
  Cluster cluster;
  cluster.add();
  Running& lonely = cluster.add();
  CHECK_FALSE(lonely.node->ready());
  CHECK(lonely.node->not_ready_reason() == "no node of the cluster is reached yet");
  CHECK(cluster.until([&] { return lonely.node->ready(); }));
}

}  // namespace murmel::service
