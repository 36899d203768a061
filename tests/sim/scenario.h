// Scenario: what one seed does. Each kind of fault is switched on or off by the seed and given a strength
// (swarm testing: Groce et al., 2012), so that runs differ in kind and not only in order.
#pragma once

#include <cstdint>
#include <string>

#include "agent/base/time.h"
#include "agent/core/epoch_messages.h"

namespace murmel::sim {

struct Scenario {
  std::uint64_t seed = 0;

  std::uint32_t nodes = 3;
  std::uint32_t joiners = 0;   // empty nodes that come later
  bool common_history = true;  // founders begin with one database id and know each other
  bool baseline = false;       // the first node's database had content before
  bool leaver = false;         // the last founder leaves gracefully
  bool lost_node = false;      // the last founder goes down and stays down
  std::uint32_t witness = 0;   // this founder votes and has no database; 0: nobody
  Duration chaos = seconds(12);

  std::uint32_t writes_per_second = 20;  // and node
  std::uint32_t keys = 40;
  std::uint32_t hot_keys = 0;  // half of the writes go there; 0: none
  std::uint32_t ops_max = 6;
  std::uint32_t ops_per_record = 4;
  std::uint32_t delete_percent = 15;
  std::uint32_t move_percent = 5;

  Duration delay_min = microseconds(200);
  Duration delay_max = milliseconds(2);
  std::uint32_t loss_permille = 0;
  std::uint32_t duplicate_permille = 0;
  bool reorder = false;
  bool one_way = false;
  Duration partition_every;  // zero: never
  Duration bridge_every;     // nodes with databases reach the witness, but not each other; zero: never

  Duration crash_every;      // zero: never
  Duration power_cut_every;  // several nodes at once; zero: never
  std::uint32_t crash_at_effect_permille = 0;
  std::uint32_t apply_fails_permille = 0;
  std::uint32_t snapshot_fails_percent = 0;
  Duration disk_max = milliseconds(1);  // per store job

  std::int64_t clock_offset_max_ms = 0;
  std::int64_t clock_drift_ppm_max = 0;
  Duration clock_step_every;    // zero: never
  bool poisoned_clock = false;  // one node's clock is seconds ahead

  Duration trim_min_age = seconds(1000);
  Duration trim_max_age = seconds(1000);
  std::uint32_t quorum_percent = 0;  // of the transactions are at QUORUM or ALL
  std::uint32_t quorum_keys = 10;
  std::uint32_t families = 0;         // parents that get children and go; 0: none
  std::uint32_t schema_permille = 0;  // of those change the schema
  std::uint32_t in_place_percent = 50;
  Duration quorum_timeout = seconds(2);
  Duration forget_after = seconds(10);

  Duration epoch_change_every;  // voters are decided by majorities, and changed so often; zero: never
  std::uint32_t epoch_crash_permille = 0;  // at an effect of the core that decides them
  bool epochs_grow = false;                // the first node begins alone and takes in the others
  bool stale_epoch = false;                // the last founder believes in other voters, if they don't change
  bool eager_recovery = false;             // time-outs about as short as a round trip

  bool small_limits = false;  // windows, hold-back and memory of a few records

  bool epochs() const { return quorum_percent > 0 && epoch_change_every.ns > 0; }
  std::string describe() const;
};

// The role in which a node votes.
core::EpochRole voting_role(const Scenario& scenario, std::uint32_t node);
Scenario scenario_from_seed(std::uint64_t seed);
// The same with voters that change all the time, with proposers that fall, on few keys.
Scenario with_many_epochs(Scenario scenario);
// The same with a voter that leaves: what it committed at ONE last may be lost, what depends on that comes
// late.
Scenario with_a_leaver(Scenario scenario);
// The same with a witness, two or three databases, of which one is lost after it has reached the witness
// only; or with four, and a witness that has no room for all that it has to keep.
Scenario with_a_witness(Scenario scenario);

}  // namespace murmel::sim
