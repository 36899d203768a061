#include "extension/agent_settings.h"

#include "extension/commit_client.h"
#include "extension/statement.h"

namespace murmel::extension {
namespace {

constexpr char kRead[] =
    "SELECT key, value FROM \"%w\".__murmel_meta WHERE key IN ('agent_away', 'commit', 'consistency', "
    "'node', 'schema_changes')";
constexpr std::int64_t kReadAgainMs = 1000;

}  // namespace

int AgentSettings::refresh(sqlite3* db, const char* schema, Fault& fault) noexcept {
  const std::int64_t now = monotonic_ms();
  if (read_at_ms_ != 0 && now - read_at_ms_ < kReadAgainMs) return SQLITE_OK;
  read_at_ms_ = 0;
  const int rc = read(db, schema, fault);
  if (rc == SQLITE_OK) read_at_ms_ = now;
  return rc;
}

int AgentSettings::read(sqlite3* db, const char* schema, Fault& fault) noexcept {
  level = CommitLevel::kOne;
  away_is_one = false;
  schema_at_quorum = false;
  node = 0;
  bool ok = commit_path.assign(nullptr);
  Statement statement;
  int rc = statement.prepare(db, fault, 0, kRead, schema);
  while (rc == SQLITE_OK && (rc = statement.step(fault)) == SQLITE_ROW) {
    rc = SQLITE_OK;
    const char* key = statement.text(0);
    const char* value = statement.text(1);
    if (key == nullptr || value == nullptr) continue;
    if (std::strcmp(key, "agent_away") == 0) away_is_one = std::strcmp(value, "async") == 0;
    if (std::strcmp(key, "schema_changes") == 0) schema_at_quorum = std::strcmp(value, "quorum") == 0;
    if (std::strcmp(key, "commit") == 0) ok = commit_path.assign(value) && ok;
    if (std::strcmp(key, "node") == 0) node = static_cast<std::uint32_t>(statement.integer(1));
    // A level of a later version can't be kept here: better refused than at ONE.
    if (std::strcmp(key, "consistency") == 0 &&
        (!parse_level(value, level) || level == CommitLevel::kDefault)) {
      return fault.fail(SQLITE_ERROR,
                        "the database asks for consistency '%s', which this library doesn't know", value);
    }
  }
  if (rc == SQLITE_DONE && !ok) return fault.fail(SQLITE_NOMEM, "out of memory");
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

}  // namespace murmel::extension
