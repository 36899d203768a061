// One message of a peer. What decodes must survive a round trip unchanged.
#include "agent/wire/messages.h"
#include "tests/fuzz/target.h"

using namespace murmel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = wire::decode({data, size});
  if (!message.ok()) return 0;
  const std::string bytes = wire::encode(*message);
  const auto again = wire::decode(as_bytes(bytes));
  must(again.ok());
  must(*again == *message);
  return 0;
}
