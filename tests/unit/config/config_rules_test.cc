#include <functional>

#include <doctest/doctest.h>

#include "agent/config.h"

namespace murmel {
namespace {

using service::Settings;

std::string refusal(const std::function<void(Settings*)>& change) {
  Settings settings;
  change(&settings);
  const auto result = check_settings(settings);
  return result.ok() ? "" : result.error().message;
}

}  // namespace

TEST_CASE("addresses are host:port, with brackets around IPv6") {
  CHECK(parse_host_port("example.org:80")->host == "example.org");
  CHECK(parse_host_port("[::1]:80")->host == "::1");
  CHECK(parse_host_port("a:0")->port == 0);
  for (const char* text : {"", "a", ":80", "a:", "a:x", "a:65536", "a:-1", "::1:80", "[]:80", "a:80x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_host_port(text).ok());
  }
}

TEST_CASE("a port that other machines reach needs a secret") {
  CHECK(refusal([](Settings* s) { s->cluster.listen = "10.0.0.1:7400"; }).find("cluster.secret") !=
        std::string::npos);
  CHECK(refusal([](Settings* s) {
          s->cluster.listen = "10.0.0.1:7400";
          s->cluster.secret = "0123456789abcdef";
        }).empty());
  CHECK(refusal([](Settings* s) { s->cluster.secret = "short"; }).find("16 characters") != std::string::npos);
}

TEST_CASE("listening on every interface needs an address to advertise") {
  const auto any = [](Settings* s) {
    s->cluster.listen = "0.0.0.0:7400";
    s->cluster.secret = "0123456789abcdef";
  };
  CHECK(refusal(any).find("cluster.advertise") != std::string::npos);
  CHECK(refusal([&](Settings* s) {
          any(s);
          s->cluster.advertise = "db1.example.org:7400";
        }).empty());
}

TEST_CASE("keys that contradict each other are refused") {
  CHECK_FALSE(refusal([](Settings* s) { s->peer.tls_cert = "c.pem"; }).empty());
  CHECK_FALSE(refusal([](Settings* s) { s->admin.listen = s->cluster.listen; }).empty());
  CHECK_FALSE(
      refusal([](Settings* s) { s->cluster.probe_timeout_ms = s->cluster.gossip_interval_ms; }).empty());
  CHECK_FALSE(refusal([](Settings* s) { s->replication.gc_max_retention_ms = 1; }).empty());
  CHECK(refusal([](Settings* s) { s->replication.gc_max_retention_ms = 0; }).empty());
}

TEST_CASE("database names are plain and, like paths, given once") {
  const auto with = [](std::vector<service::DatabaseSettings> databases) {
    return refusal([&](Settings* s) { s->databases = databases; });
  };
  CHECK(with({{.name = "a", .path = "1.db"}, {.name = "b", .path = "2.db"}}).empty());
  CHECK_FALSE(with({{.name = "a", .path = "1.db"}, {.name = "a", .path = "2.db"}}).empty());
  CHECK_FALSE(with({{.name = "a", .path = "1.db"}, {.name = "b", .path = "1.db"}}).empty());
  CHECK_FALSE(with({{.name = "../etc", .path = "1.db"}}).empty());
  CHECK_FALSE(with({{.name = "a b", .path = "1.db"}}).empty());
}

TEST_CASE("each pair of limits that contradict each other is refused with both keys and values") {
  const auto refused = [](const std::function<void(Settings*)>& change, const char* a, const char* b) {
    const std::string text = refusal(change);
    CAPTURE(text);
    return text.find(a) != std::string::npos && text.find(b) != std::string::npos;
  };
  CHECK(refused([](Settings* s) { s->peer.push_bytes_max = s->peer.send_queue_bytes_max = 512 << 20; },
                "'peer.push_bytes_max' (512MiB)", "'peer.frame_bytes_max' (256MiB)"));
  CHECK(refused([](Settings* s) { s->peer.push_bytes_max = 65 << 20; }, "'peer.push_bytes_max' (65MiB)",
                "'peer.send_queue_bytes_max' (64MiB)"));
  CHECK(refused([](Settings* s) { s->cluster.suspect_timeout_ms = 500; }, "cluster.gossip_interval",
                "cluster.suspect_timeout"));
  CHECK(refused([](Settings* s) { s->peer.reconnect_interval_ms = 20'000; }, "peer.reconnect_interval",
                "peer.reconnect_interval_max"));
  CHECK(refused([](Settings* s) { s->limits.hold_back_bytes = 1 << 20; }, "limits.apply_bytes",
                "limits.hold_back_bytes"));
  CHECK(refused(
      [](Settings* s) {
        s->peer.frame_bytes_max = 16 << 20;
        s->replication.snapshot_chunk_bytes = 16 << 20;
      },
      "replication.snapshot_chunk_bytes", "1/2 of 'peer.frame_bytes_max'"));
}

TEST_CASE("a contradiction names the line of a key that the file gives") {
  KeyPlaces places;
  const auto settings =
      parse_config("data_dir = \"x\"\n[peer]\nsend_queue_bytes_max = \"1GiB\"\npush_bytes_max = \"512MiB\"\n",
                   "m.toml", &places);
  REQUIRE(settings.ok());
  const auto result = check_settings(*settings, places);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().message.starts_with("m.toml:4: 'peer.push_bytes_max'"));

  places.clear();
  const auto twice = parse_config(
      "[[database]]\nname = \"a\"\npath = \"a.db\"\n\n[[database]]\nname = \"a\"\npath = \"b.db\"\n",
      "m.toml", &places);
  REQUIRE(twice.ok());
  CHECK(check_settings(*twice, places).error().message.starts_with("m.toml:5: "));
}

TEST_CASE("an empty admin.listen means no admin port") {
  CHECK(refusal([](Settings* s) { s->admin.listen = ""; }).empty());
  CHECK(parse_config("[admin]\nlisten = \"\"\n", "m.toml")->admin.listen.empty());
}

}  // namespace murmel
