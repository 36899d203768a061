#include "agent/agent.h"

#include <signal.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include "agent/config.h"
#include "agent/io/loop.h"
#include "agent/io/signal_watch.h"
#include "agent/service/admin.h"
#include "agent/service/data_dir.h"
#include "agent/service/http_server.h"
#include "agent/service/log.h"
#include "agent/service/metrics.h"
#include "agent/service/mysql_server.h"
#include "agent/service/node.h"
#include "agent/service/verify.h"
#include "agent/store/connection.h"

namespace murmel {
namespace {

using service::HttpServer;
using service::Settings;

// A supervisor may start an agent before the kernel has taken the last one down.
constexpr Duration kLockPatience = seconds(2);

// Everything that lives as long as the loop runs. Members end in reverse order: requests first, the loop
// last.
struct Parts {
  std::unique_ptr<io::Loop> loop;
  std::unique_ptr<service::Node> node;
  std::unique_ptr<service::Metrics> metrics;
  std::unique_ptr<service::Verify> verify;
  std::unique_ptr<service::Admin> admin;
  std::unique_ptr<HttpServer> http;
  std::unique_ptr<service::MysqlServer> mysql;  // none: there is no port for clients
  std::optional<io::SignalWatch> terminate;
  std::optional<io::SignalWatch> interrupt;
  std::optional<io::SignalWatch> hang_up;
  std::shared_ptr<void> companion;
};

Status start_admin(const Settings& settings, Parts* parts) {
  if (settings.admin.listen.empty()) return Ok{};
  TRY_ASSIGN(const HostPort address, parse_host_port(settings.admin.listen));
  service::HttpOptions options;
  options.host = address.host;
  options.port = address.port;
  options.connections_max = settings.admin.connections_max;
  options.body_bytes_max = settings.admin.body_bytes_max;
  service::Admin* admin = parts->admin.get();
  TRY_ASSIGN(parts->http,
             HttpServer::make(*parts->loop, options,
                              [admin](const service::HttpRequest& request, const service::HttpReply& reply) {
                                admin->handle(request, reply);
                              }));
  service::log_info("admin port open", {{"host", address.host}, {"port", parts->http->port()}});
  return Ok{};
}

Status watch_signals(Parts* parts) {
  io::Loop& loop = *parts->loop;
  service::Node* node = parts->node.get();
  service::MysqlServer* mysql = parts->mysql.get();
  const auto stop = [&loop, node, mysql] {
    if (mysql != nullptr) mysql->stop();
    node->stop([&loop] { loop.stop(); });
  };
  TRY_ASSIGN(parts->terminate, io::SignalWatch::make(loop, SIGTERM, stop));
  TRY_ASSIGN(parts->interrupt, io::SignalWatch::make(loop, SIGINT, stop));
  TRY_ASSIGN(parts->hang_up, io::SignalWatch::make(loop, SIGHUP, [node] {
               service::log_info("looking at databases.glob again", {{"added", node->replicas().rescan()}});
             }));
  return Ok{};
}

// Work on other threads that nothing interrupts: a silent name server, the hash or the snapshot of a large
// file.
bool held_up(const Parts& parts) {
  return parts.loop->look_ups() > 0 || parts.verify->hashing() || parts.node->donor().busy();
}

}  // namespace

Status run_agent(const Settings& settings, const Companion& companion) {
  store::configure_library();
  signal(SIGPIPE, SIG_IGN);
  TRY_ASSIGN(const service::DataDir data_dir,
             service::DataDir::open(settings.data_dir, static_cast<NodeId>(settings.cluster.node_id),
                                    kLockPatience));
  Parts parts;
  TRY_ASSIGN(parts.loop, io::Loop::make());
  TRY_ASSIGN(parts.node, service::Node::make(*parts.loop, settings, data_dir));
  parts.metrics = std::make_unique<service::Metrics>(*parts.node);
  parts.verify = std::make_unique<service::Verify>(*parts.loop, *parts.node);
  parts.admin = std::make_unique<service::Admin>(*parts.loop, *parts.node, *parts.metrics, *parts.verify);
  TRY(start_admin(settings, &parts));
  if (settings.mysql.enabled()) {
    TRY_ASSIGN(parts.mysql, service::MysqlServer::make(*parts.loop, *parts.node));
  }
  TRY(watch_signals(&parts));
  parts.node->start();
  if (companion) parts.companion = companion(*parts.loop, *parts.node);
  parts.loop->run();
  // The databases are closed; a leftover snapshot is removed at the next start. Nobody should wait for the
  // rest.
  if (held_up(parts)) std::_Exit(EXIT_SUCCESS);
  return Ok{};
}

}  // namespace murmel
