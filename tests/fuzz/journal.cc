// One record of the commit journal. What decodes must survive a round trip unchanged.
#include "agent/wire/commit_journal.h"
#include "tests/fuzz/target.h"

using namespace murmel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto record = wire::decode_journal({data, size});
  if (!record.ok()) return 0;
  const std::string bytes = wire::encode(*record);
  const auto again = wire::decode_journal(as_bytes(bytes));
  must(again.ok());
  must(*again == *record);
  return 0;
}
