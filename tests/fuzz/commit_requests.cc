// One request on the commit socket. What is read becomes a transaction or an error.
#include "agent/service/commit_request.h"
#include "tests/fuzz/target.h"

using namespace murmel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto request = service::parse_request({data, size});
  if (!request.ok()) return 0;
  const auto* commit = std::get_if<service::CommitRequest>(&*request);
  if (commit == nullptr) return 0;
  const auto transaction = service::transaction_of(*commit, 1, {});
  must(!transaction.ok() || !transaction->change.more);
  return 0;
}
