// The one function of a fuzz target. With clang and -Dfuzz=true libFuzzer calls it; otherwise runner.cc calls
// it with every file of the committed corpus, so that each input that ever hurt stays a test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// What must hold whatever the input. Ends the process, which both runners take as a finding.
inline void must(bool holds) {
  if (!holds) std::abort();
}
