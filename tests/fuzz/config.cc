// The text of a configuration file: settings, or an error with a sentence; never an exception.
#include <string_view>

#include "agent/config.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto settings = murmel::parse_config(text, "fuzz.toml");
  if (!settings.ok()) must(!settings.error().message.empty());
  return 0;
}
