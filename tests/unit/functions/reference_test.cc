#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "agent/functions/registry.h"

namespace murmel::functions {

// MURMEL_REWRITE=1 writes it anew.
TEST_CASE("the page about functions is what the table says") {
  std::string path = std::string(MURMEL_SOURCE) + "/agent/functions/README.md";
  if (std::getenv("MURMEL_REWRITE") != nullptr) std::ofstream(path) << reference_page();
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  CHECK_MESSAGE(text.str() == reference_page(),
                "README.md is stale: run functions_test with MURMEL_REWRITE=1");
}

TEST_CASE("no function is in the table twice") {
  std::set<std::string> names;
  for (auto rows : all_functions()) {
    for (const Function& function : rows) CHECK_MESSAGE(names.insert(function.name).second, function.name);
  }
}

}  // namespace murmel::functions
