#include "agent/config.h"

#include <doctest/doctest.h>

namespace murmel {
namespace {

std::string error_of(std::string_view text) {
  const auto result = parse_config(text, "m.toml");
  REQUIRE_FALSE(result.ok());
  return result.error().message;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an empty file gives the defaults") {
  const auto result = parse_config("", "m.toml");
  REQUIRE(result.ok());
  CHECK(result->cluster.listen == "127.0.0.1:7400");
  CHECK(result->databases.empty());
  CHECK(check_settings(*result).ok());
}

TEST_CASE("values of every kind are taken") {
  const auto result = parse_config(R"(
data_dir = "/tmp/x"
[cluster]
node_id = 3
seeds = ["a:1", "b:2"]
shutdown_grace = "3s"
[peer]
frame_bytes_max = "32MiB"
[log]
format = "json"
[databases]
glob = ["/srv/*.db"]
out_of_band = "capture"
[[database]]
name = "shop"
path = "shop.db"
exclude = ["cache_*"]
out_of_band = "refuse"
)",
                                   "m.toml");
  REQUIRE(result.ok());
  CHECK(result->data_dir == "/tmp/x");
  CHECK(result->cluster.node_id == 3);
  CHECK(result->cluster.seeds == std::vector<std::string>{"a:1", "b:2"});
  CHECK(result->cluster.shutdown_grace_ms == 3'000);
  CHECK(result->peer.frame_bytes_max == 32 << 20);
  CHECK(result->log.format == "json");
  CHECK(result->database_globs.size() == 1);
  CHECK(result->glob_out_of_band == "capture");
  REQUIRE(result->databases.size() == 1);
  CHECK(result->databases[0].exclude == std::vector<std::string>{"cache_*"});
  CHECK(result->databases[0].out_of_band == "refuse");
}

TEST_CASE("an unknown key names its line and the nearest valid key") {
  CHECK(error_of("[cluster]\nlisten = \"a:1\"\nseed = []\n") ==
        "m.toml:3: unknown key 'cluster.seed' (did you mean 'cluster.seeds'?)");
  CHECK(error_of("data_dri = \"x\"\n") == "m.toml:1: unknown key 'data_dri' (did you mean 'data_dir'?)");
  CHECK(error_of("\n[[database]]\nname = \"a\"\npaht = \"b\"\n") ==
        "m.toml:4: unknown key 'paht' (did you mean 'path'?)");
  CHECK(error_of("[admn]\nlisten = \"\"\n") == "m.toml:1: unknown section [admn] (did you mean [admin]?)");
}

TEST_CASE("a value of the wrong type, outside its limits or not a choice is refused") {
  CHECK(error_of("[cluster]\nnode_id = \"3\"\n") == "m.toml:2: 'cluster.node_id' must be a whole number");
  CHECK(error_of("[cluster]\nnode_id = -1\n") == "m.toml:2: 'cluster.node_id' must be 0 to 2147483647");
  CHECK(contains(error_of("[peer]\nframe_bytes_max = \"1GiB\"\n"), "must be 16MiB to 256MiB"));
  CHECK(contains(error_of("[cluster]\nshutdown_grace = 15\n"), "must be a string with a unit"));
  CHECK(error_of("[log]\nlevel = \"loud\"\n") ==
        "m.toml:2: 'log.level' must be one of: debug, info, warn, error");
  CHECK(contains(error_of("[cluster]\nseeds = \"a:1\"\n"), "must be a list of strings"));
  CHECK(contains(error_of("[cluster]\nseeds = [1]\n"), "must be a string"));
  CHECK(contains(error_of("cluster = 1\n"), "unknown key 'cluster'"));
}

TEST_CASE("broken TOML is an error with its line, never an exception") {
  CHECK(contains(error_of("a = \n"), "m.toml:1: not valid TOML"));
  CHECK(contains(error_of("[cluster]\nlisten = \"a\"\nlisten = \"b\"\n"), "m.toml:3: not valid TOML"));
}

TEST_CASE("a database needs a name and a path, and the double brackets") {
  CHECK(contains(error_of("[[database]]\nname = \"a\"\n"), "needs both 'name' and 'path'"));
  CHECK(contains(error_of("[database]\nname = \"a\"\n"), "must be written as [[database]]"));
}

TEST_CASE("a message about a secret does not contain it") {
  const std::string message = error_of("[cluster]\nsecret = 1234567\n");
  CHECK_FALSE(contains(message, "1234567"));
}

TEST_CASE("a file that is not there or too long is refused") {
  CHECK(load_config("/nonexistent/murmel.toml").error().code == ErrorCode::kNotFound);
  CHECK(contains(error_of(std::string((1 << 20) + 1, '#')), "larger than 1 MiB"));
}

TEST_CASE("what print_config writes is read back to the same values, without the secret") {
  service::Settings settings;
  settings.cluster.secret = "a secret of sixteen";
  settings.cluster.seeds = {"x:1", "y:2"};
  settings.replication.gc_min_retention_ms = 90'000;
  settings.databases.push_back({.name = "a", .path = "quo\"te.db"});
  const std::string text = print_config(settings);
  CHECK_FALSE(contains(text, "sixteen"));
  const auto again = parse_config(text, "printed");
  REQUIRE(again.ok());
  settings.cluster.secret.clear();
  CHECK(print_config(*again) == print_config(settings));
  CHECK(again->databases[0].path == "quo\"te.db");
  CHECK(parse_config(print_config({}), "defaults").ok());
}

}  // namespace murmel
