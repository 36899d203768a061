#include "tests/sim/scenario.h"

#include <algorithm>

#include "agent/base/random.h"

namespace murmel::sim {
namespace {

std::uint32_t number(Random& random, std::uint32_t least, std::uint32_t greatest) {
  return least + static_cast<std::uint32_t>(random.below(greatest - least + 1));
}

void choose_cluster(Random& random, Scenario& s) {
  s.nodes = number(random, 2, 5);
  s.common_history = random.chance(2, 3);
  s.baseline = random.chance(1, 4);
  if (random.chance(1, 3)) s.joiners = number(random, 1, 2);
  s.leaver = s.nodes > 2 && random.chance(1, 8);
  s.lost_node = s.nodes > 2 && !s.leaver && random.chance(1, 8);
}

void choose_writes(Random& random, Scenario& s) {
  s.writes_per_second = number(random, 2, 40);
  s.keys = number(random, 3, 80);
  if (random.chance(1, 2)) s.hot_keys = number(random, 1, 3);
  s.ops_max = number(random, 1, 12);
  s.ops_per_record = number(random, 1, 5);
  s.delete_percent = number(random, 0, 40);
  s.move_percent = number(random, 0, 20);
}

void choose_network(Random& random, Scenario& s) {
  if (random.chance(1, 3)) s.delay_max = milliseconds(number(random, 5, 150));
  if (random.chance(1, 3)) s.loss_permille = number(random, 1, 100);
  if (random.chance(1, 3)) s.duplicate_permille = number(random, 1, 100);
  s.reorder = random.chance(1, 3);
  if (random.chance(1, 2)) s.partition_every = milliseconds(number(random, 800, 5000));
  s.one_way = random.chance(1, 2);
}

void choose_nodes_faults(Random& random, Scenario& s) {
  if (random.chance(1, 2)) s.crash_every = milliseconds(number(random, 500, 5000));
  if (random.chance(1, 3)) s.crash_at_effect_permille = number(random, 1, 4);
  if (random.chance(1, 4)) s.apply_fails_permille = number(random, 5, 200);
  if (random.chance(1, 3)) s.snapshot_fails_percent = number(random, 5, 60);
  if (random.chance(1, 3)) s.disk_max = milliseconds(number(random, 5, 60));
  if (random.chance(1, 2)) s.clock_offset_max_ms = number(random, 1, 200);
  if (random.chance(1, 3)) s.clock_drift_ppm_max = number(random, 10, 2000);
  if (random.chance(1, 4)) s.clock_step_every = milliseconds(number(random, 500, 4000));
  s.poisoned_clock = random.chance(1, 10);
  // Not shorter than it takes everybody to hear of a new member.
  const bool known = s.common_history && s.joiners == 0;
  if (random.chance(1, 2))
    s.trim_min_age = milliseconds(number(random, known ? 0 : 3000, known ? 2000 : 6000));
  const Duration short_retention = milliseconds(number(random, 1500, 7000));
  if (random.chance(1, 4) && s.common_history) s.trim_max_age = short_retention;
  s.small_limits = random.chance(1, 4);
}

// The voters are the founders, so they must know each other.
void choose_quorum(Random& random, Scenario& s) {
  const std::uint32_t share = number(random, 0, 3);
  s.quorum_keys = number(random, 1, 30);
  const std::uint32_t mode = number(random, 0, 2);
  s.in_place_percent = mode == 0 ? 0 : mode == 1 ? 100 : 50;
  s.quorum_timeout = milliseconds(number(random, 300, 3000));
  if (random.chance(1, 2)) s.forget_after = milliseconds(number(random, 0, 4000));
  if (!s.common_history) return;
  constexpr std::uint32_t kShares[] = {0, 20, 50, 100};
  s.quorum_percent = kShares[share];
  s.eager_recovery = random.chance(1, 3);
  if (s.quorum_percent > 0 && random.chance(1, 3))
    s.power_cut_every = milliseconds(number(random, 500, 4000));
  s.stale_epoch = s.quorum_percent > 0 && s.nodes >= 4 && random.chance(1, 4);
  if (random.chance(1, 2)) s.schema_permille = number(random, 5, 150);
}

// Has randomness of its own, so that the rest of a scenario is the same as without.
void choose_epochs(Scenario& s) {
  Random random(s.seed ^ 0x65706f6368);
  if (s.stale_epoch || s.quorum_percent == 0 || random.chance(1, 2)) return;
  s.epoch_change_every = milliseconds(number(random, 200, 2000));
  if (random.chance(2, 3)) s.epoch_crash_permille = number(random, 5, 60);
  s.epochs_grow = !s.leaver && !s.lost_node && random.chance(1, 3);
}

// The same.
void choose_families(Scenario& s) {
  Random random(s.seed ^ 0x66616d696c79);
  if (random.chance(1, 4)) s.families = number(random, 1, 3);
}

// The same. Not the node that begins alone: a cluster needs one voter with databases.
void choose_witness(Scenario& s, std::uint64_t salt) {
  Random random(s.seed ^ salt);
  if (s.stale_epoch || s.quorum_percent == 0 || !random.chance(1, 4)) return;
  s.nodes = std::max(s.nodes, 3U);
  s.witness = number(random, s.epochs_grow ? 2 : 1, s.nodes);
  s.trim_max_age = seconds(1000);  // what it lacks it must be able to ask for
  if (random.chance(1, 2)) s.bridge_every = milliseconds(number(random, 500, 3000));
}

// The one that is lost is not taken out, so the witness has soon more to keep than it has room for; and as it
// loses its power, too, it does not hear of every decision.
void overfill_the_witness(Scenario& s) {
  s.nodes = 5;
  s.witness = 1;
  s.small_limits = true;
  s.writes_per_second = 40;
  s.quorum_keys = 20;
  s.epoch_change_every = {};
  s.power_cut_every = milliseconds(800);
}

}  // namespace

core::EpochRole voting_role(const Scenario& s, std::uint32_t node) {
  return node == s.witness ? core::EpochRole::kWitness : core::EpochRole::kVoter;
}

Scenario scenario_from_seed(std::uint64_t seed) {
  Random random(seed);
  Scenario s;
  s.seed = seed;
  choose_cluster(random, s);
  choose_writes(random, s);
  choose_network(random, s);
  choose_nodes_faults(random, s);
  choose_quorum(random, s);
  choose_epochs(s);
  choose_families(s);
  choose_witness(s, 0x7769746e);
  return s;
}

Scenario with_many_epochs(Scenario s) {
  Random random(s.seed ^ 0x73746f726d);
  s.nodes = number(random, 3, 5);
  s.joiners = 0;
  s.common_history = true;
  s.leaver = s.lost_node = s.stale_epoch = s.poisoned_clock = false;
  s.quorum_percent = 100;
  s.quorum_keys = number(random, 1, 4);
  s.writes_per_second = 40;
  s.epoch_change_every = milliseconds(number(random, 100, 500));
  s.epoch_crash_permille = number(random, 20, 80);
  s.epochs_grow = false;
  s.eager_recovery = random.chance(1, 2);
  s.apply_fails_permille = 0;
  if (random.chance(1, 2)) s.disk_max = milliseconds(number(random, 5, 30));
  s.witness = 0;
  choose_witness(s, 0x65776974);
  return s;
}

Scenario with_a_leaver(Scenario s) {
  Random random(s.seed ^ 0x6c65617665);
  s.nodes = number(random, 3, 5);
  s.joiners = 0;
  s.common_history = s.leaver = true;
  s.lost_node = s.stale_epoch = s.poisoned_clock = s.epochs_grow = s.small_limits = false;
  s.quorum_percent = 50;
  s.quorum_keys = 30;
  s.in_place_percent = 100;
  s.writes_per_second = 40;
  s.keys = number(random, 3, 10);
  s.schema_permille = s.apply_fails_permille = 0;
  s.delay_max = milliseconds(number(random, 2, 40));
  s.loss_permille = number(random, 50, 300);
  s.partition_every = milliseconds(number(random, 300, 1500));
  s.one_way = true;
  s.crash_every = s.power_cut_every = {};
  s.crash_at_effect_permille = 0;
  s.epoch_change_every = milliseconds(number(random, 100, 500));
  s.epoch_crash_permille = 0;
  s.trim_min_age = {};
  s.witness = 0;
  s.trim_max_age = random.chance(1, 2) ? milliseconds(number(random, 300, 2500)) : seconds(1000);
  return s;
}

Scenario with_a_witness(Scenario s) {
  Random random(s.seed ^ 0x7468697264);
  s.nodes = number(random, 3, 4);
  s.witness = number(random, 1, s.nodes - 1);
  s.joiners = 0;
  s.common_history = s.lost_node = true;
  s.leaver = s.stale_epoch = s.poisoned_clock = s.epochs_grow = false;
  s.quorum_percent = 100;
  s.apply_fails_permille = 0;
  s.partition_every = {};
  s.bridge_every = milliseconds(number(random, 300, 1500));
  s.forget_after = milliseconds(number(random, 0, 500));
  s.trim_max_age = seconds(1000);
  s.epoch_change_every = milliseconds(random.chance(1, 2) ? 0 : number(random, 100, 500));
  if (random.chance(1, 4)) overfill_the_witness(s);
  return s;
}

std::string Scenario::describe() const {
  std::string text = "seed " + std::to_string(seed) + ": " + std::to_string(nodes) + " nodes";
  const auto add = [&](bool on, const std::string& what) {
    if (on) text += ", " + what;
  };
  add(joiners > 0, std::to_string(joiners) + " joining");
  add(!common_history, "histories to be merged");
  add(baseline, "baseline");
  add(leaver, "one leaves");
  add(lost_node, "one is lost");
  add(families > 0, "families");
  add(witness > 0, "node " + std::to_string(witness) + " is a witness");
  add(loss_permille > 0, "loss");
  add(duplicate_permille > 0, "duplicates");
  add(reorder, "reordering");
  add(partition_every.ns > 0, one_way ? "one-way partitions" : "partitions");
  add(bridge_every.ns > 0, "bridges");
  add(crash_every.ns > 0 || crash_at_effect_permille > 0, "crashes");
  add(apply_fails_permille > 0, "failing applies");
  add(snapshot_fails_percent > 0, "failing snapshots");
  add(disk_max > milliseconds(1), "slow disks");
  add(clock_offset_max_ms > 0 || clock_drift_ppm_max > 0, "skewed clocks");
  add(clock_step_every.ns > 0, "clock steps");
  add(poisoned_clock, "a poisoned clock");
  add(trim_min_age < seconds(100), "trimming");
  add(trim_max_age < seconds(100), "short retention");
  add(small_limits, "small limits");
  add(quorum_percent > 0, std::to_string(quorum_percent) + " % at QUORUM");
  add(schema_permille > 0 && quorum_percent > 0, "schema changes");
  add(eager_recovery && quorum_percent > 0, "eager recovery");
  add(power_cut_every.ns > 0, "power cuts");
  add(stale_epoch, "one with other voters");
  add(epochs(), epochs_grow ? "voters that change, from one on" : "voters that change");
  return text;
}

}  // namespace murmel::sim
