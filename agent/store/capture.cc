#include "agent/store/capture.h"

#include "agent/store/sqlite_error.h"
#include "extension/capture_api.h"

namespace murmel::store::capture {
namespace {

constexpr char kMain[] = "main";

Status as_status(Connection& connection, int code, const extension::Fault& fault) {
  if (code == 0) return Ok{};
  Error error = sqlite_error(connection.handle(), code, "capture");
  if (fault.set()) error.message = fault.text;
  return error;
}

template <typename Act>
Status run(Connection& connection, Act act) {
  extension::Fault fault;
  return as_status(connection, act(connection.handle(), kMain, fault), fault);
}

}  // namespace

Status enable(Connection& connection) {
  return run(connection, extension::enable);
}

Status disable(Connection& connection) {
  return run(connection, extension::disable);
}

Result<bool> log_schema_changes(Connection& connection) {
  bool logged = false;
  extension::Fault fault;
  const int code = extension::log_schema_changes(connection.handle(), kMain, &logged, fault);
  TRY(as_status(connection, code, fault));
  return logged;
}

Status adopt_schema(Connection& connection) {
  return run(connection, extension::adopt_schema);
}

Status install_triggers(Connection& connection) {
  return run(connection, extension::install_triggers);
}

Status remove_triggers(Connection& connection) {
  return run(connection, extension::remove_triggers);
}

Result<std::int64_t> convert_wide_rows(Connection& connection) {
  std::int64_t rows = 0;
  extension::Fault fault;
  const int code = extension::convert_wide_rows(connection.handle(), kMain, &rows, fault);
  TRY(as_status(connection, code, fault));
  return rows;
}

std::optional<std::uint32_t> read_ichange(Connection& connection) {
  const std::int64_t counter = extension::read_ichange(connection.handle(), kMain);
  if (counter < 0) return std::nullopt;
  return static_cast<std::uint32_t>(counter);
}

}  // namespace murmel::store::capture
