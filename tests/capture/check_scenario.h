// Runs one scenario without and with the extension, each on its own database file, and checks everything that
// must hold.
#pragma once

#include <string>
#include <vector>

#include "tests/capture/scenario.h"

namespace murmel::capture_test {

struct Finding {
  std::string check;  // view, data, replay, before, schema, integrity, disable, extension
  std::string text;
};

struct Outcome {
  std::string mode;               // as the database says: "hook" or "trigger"
  std::vector<Finding> findings;  // what did not hold
};

// Files are made in `directory`, which must be empty.
Outcome check_scenario(const Scenario& scenario, const std::string& extension, const std::string& directory);

}  // namespace murmel::capture_test
