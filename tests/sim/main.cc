// murmel-sim: runs seeded simulations of a whole cluster.
//   murmel-sim --seeds 1..300 [--list FILE]   runs these seeds, and those in FILE (one a line, # comments)
//   murmel-sim --minutes 5 [--from SEED]      searches
//   murmel-sim --seed 17 [--quiet]            replays one, with a trace
//   murmel-sim --mutations                    plants each known bug and demands that it is caught
//   --plant NAME                              plants one bug in the runs above
//   --epochs                                  with voters that change all the time
//   --leaver                                  with a voter that leaves and is taken out
//   --witness                                 with a witness, and a voter that is lost
//   --sqlite                                  real SQLite as store instead of the model
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/check.h"
#include "tests/sim/cluster.h"
#include "tests/sim/sqlite_store.h"

namespace murmel::sim {
namespace {

constexpr Duration kSqliteChaos = seconds(5);  // real files take longer
constexpr std::uint64_t kSeedsPerBug = 150;    // a planted bug must show within so many

struct Options {
  std::uint64_t first = 1;
  std::uint64_t last = 300;
  std::uint64_t minutes = 0;
  bool one = false;
  bool quiet = false;
  bool mutations = false;
  std::string list;
  PlantedBug bug = PlantedBug::kNone;
  bool sqlite = false;
  bool epochs = false;
  bool leaver = false;
  bool witness = false;
};

// A folder for the database files of one run, in memory if the machine has such.
class RunFolder {
 public:
  RunFolder() {
    const char* base = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
    path_ = std::string(base) + "/murmel-sim-XXXXXX";
    INVARIANT(::mkdtemp(path_.data()) != nullptr);
  }
  ~RunFolder() {
    std::error_code ignored;  // what is left is small
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Runs one seed; true if nothing was wrong.
bool run_seed(const Options& options, std::uint64_t seed, PlantedBug bug, bool trace, bool report) {
  Scenario scenario = scenario_from_seed(seed);
  if (shows_at_one(bug)) scenario.quorum_percent = scenario.witness = 0;
  if (options.epochs || shows_in_epochs(bug)) scenario = with_many_epochs(scenario);
  if (options.leaver || shows_with_a_leaver(bug)) scenario = with_a_leaver(scenario);
  if (options.witness || shows_with_a_witness(bug)) scenario = with_a_witness(scenario);
  std::optional<RunFolder> folder;
  Cluster::StoreFactory stores = Cluster::model_store;
  if (options.sqlite) {
    scenario.chaos = kSqliteChaos;
    folder.emplace();
    stores = [&folder](const Cluster::StorePlan& plan) -> std::unique_ptr<SimStore> {
      const bool founder = plan.node <= plan.scenario.nodes;
      SqliteStore::Options store{plan.node, folder->path(), plan.violation, plan.wall_ms,
                                 founder && plan.scenario.quorum_percent > 0};
      return std::make_unique<SqliteStore>(std::move(store), plan.history, plan.baseline);
    };
  }
  Cluster cluster(scenario, bug, trace, stores);
  const std::vector<std::string> violations = cluster.run();
  if (violations.empty() || !report) return violations.empty();
  std::printf("FAILED %s\n       %s\n       replay: murmel-sim%s --seed %llu\n", scenario.describe().c_str(),
              violations.front().c_str(),
              options.sqlite    ? " --sqlite"
              : options.epochs  ? " --epochs"
              : options.leaver  ? " --leaver"
              : options.witness ? " --witness"
                                : "",
              static_cast<unsigned long long>(seed));
  return false;
}

std::vector<std::uint64_t> listed_seeds(const std::string& file) {
  std::vector<std::uint64_t> seeds;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] != '#') seeds.push_back(std::strtoull(line.c_str(), nullptr, 10));
  }
  return seeds;
}

int finish(int passed, int failed) {
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

int run_range(const Options& options) {
  int passed = 0;
  int failed = 0;
  const auto count = [&](std::uint64_t seed) {
    run_seed(options, seed, options.bug, false, true) ? ++passed : ++failed;
    std::fflush(stdout);
  };
  for (const std::uint64_t seed : listed_seeds(options.list)) count(seed);
  const auto start = std::chrono::steady_clock::now();
  const auto over = [&] {
    return std::chrono::steady_clock::now() - start > std::chrono::minutes(options.minutes);
  };
  if (options.minutes > 0) {
    for (std::uint64_t seed = options.first; !over(); ++seed) count(seed);
  } else {
    for (std::uint64_t seed = options.first; seed <= options.last; ++seed) count(seed);
  }
  return finish(passed, failed);
}

int run_mutations(const Options& options) {
  int caught = 0;
  int missed = 0;
  for (const BugName& bug : planted_bugs()) {
    if (!bug.demanded) continue;
    const std::uint64_t end = bug.first_seed + kSeedsPerBug;
    std::uint64_t seed = bug.first_seed;
    while (seed < end && run_seed(options, seed, bug.bug, false, false)) ++seed;
    const bool found = seed < end;
    found ? ++caught : ++missed;
    std::printf("%-20s %s\n", bug.name,
                found ? ("caught by seed " + std::to_string(seed)).c_str() : "NOT CAUGHT");
    std::fflush(stdout);
  }
  return finish(caught, missed);
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    if (name == "--sqlite") {
      options.sqlite = true;
    } else if (name == "--epochs") {
      options.epochs = true;
    } else if (name == "--leaver") {
      options.leaver = true;
    } else if (name == "--witness") {
      options.witness = true;
    } else if (name == "--quiet") {
      options.quiet = true;
    } else if (name == "--mutations") {
      options.mutations = true;
    } else if (value == nullptr) {
      return false;
    } else {
      ++i;
      if (name == "--seed") {
        options.first = options.last = std::strtoull(value, nullptr, 10);
        options.one = true;
      } else if (name == "--seeds") {
        const char* dots = std::strstr(value, "..");
        if (dots == nullptr) return false;
        options.first = std::strtoull(value, nullptr, 10);
        options.last = std::strtoull(dots + 2, nullptr, 10);
      } else if (name == "--from") {
        options.first = std::strtoull(value, nullptr, 10);
      } else if (name == "--minutes") {
        options.minutes = std::strtoull(value, nullptr, 10);
      } else if (name == "--list") {
        options.list = value;
      } else if (name == "--plant") {
        for (const BugName& bug : planted_bugs()) {
          if (name == "--plant" && std::strcmp(bug.name, value) == 0) options.bug = bug.bug;
        }
        if (options.bug == PlantedBug::kNone) return false;
      } else {
        return false;
      }
    }
  }
  return true;
}

}  // namespace
}  // namespace murmel::sim

int main(int argc, char** argv) {
  using namespace murmel::sim;
  Options options;
  if (!parse(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: murmel-sim --seeds A..B [--list FILE] | --minutes M [--from SEED] | --seed N "
                 "[--quiet] | --mutations   [--plant BUG] [--epochs | --leaver | --witness] [--sqlite]\n");
    return 2;
  }
  if (options.mutations) return run_mutations(options);
  if (options.one)
    return run_seed(options, options.first, options.bug, !options.quiet, true) ? finish(1, 0) : finish(0, 1);
  return run_range(options);
}
