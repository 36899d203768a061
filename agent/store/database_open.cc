// Opening and closing: enabling capture, settings in the file, building the parts, rebuilding what memory
// knows.
#include <chrono>
#include <utility>

#include "agent/store/capture.h"
#include "agent/store/database_impl.h"
#include "agent/store/meta.h"
#include "agent/store/schema_history.h"
#include "agent/store/sql.h"
#include "agent/store/table_names.h"

namespace murmel::store {
namespace {

WallMs system_clock_ms() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::milliseconds>(system_clock::now().time_since_epoch())
      .count();
}

const char* out_of_band_name(OutOfBand policy) {
  switch (policy) {
    case OutOfBand::kCapture: return "capture";
    case OutOfBand::kRefuse: return "refuse";
    case OutOfBand::kWarn: return "warn";
  }
  return "";
}

Options with_defaults(Options options) {
  if (!options.wall_clock) options.wall_clock = system_clock_ms;
  return options;
}

}  // namespace

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() {
  // Spares the next open some reading; if it can't be kept now, nothing is lost.
  (void)impl_->save_settled();
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Options options) {
  if (options.node == 0 || options.node > kNodeIdMax) {
    return Error{ErrorCode::kInvalid, "a node id is 1 .. 2147483647"};
  }
  const Access access = options.create ? Access::kCreate : Access::kReadWrite;
  TRY_ASSIGN(Connection connection, Connection::open(path, access, options.busy_timeout_ms));
  auto impl = std::make_unique<Impl>(path, with_defaults(std::move(options)), std::move(connection));
  TRY(impl->enable());
  TRY(impl->create_parts());
  TRY(impl->make_added_tables());
  TRY(impl->load());
  return std::unique_ptr<Database>(new Database(std::move(impl)));
}

Database::Impl::Impl(std::string path_of_file, Options given, Connection opened)
    : path(std::move(path_of_file)),
      options(std::move(given)),
      filter(options.include, options.exclude),
      connection(std::move(opened)),
      local(connection),
      wal(path),
      trimmer(connection, local, options.node) {}

Status Database::Impl::enable() {
  TRY(capture::enable(connection));
  return set_up_capture();
}

Status Database::Impl::set_up_capture() {
  TRY_ASSIGN(Transaction transaction, Transaction::begin(connection, Transaction::Kind::kWrite));
  TRY_ASSIGN(const auto before, read_meta(connection, "out_of_band"));
  TRY(keep_meta(connection, "out_of_band", out_of_band_name(options.out_of_band)));
  TRY(keep_meta(connection, "wake", options.wake_path));
  TRY(keep_meta(connection, "commit", options.commit_path));
  TRY(keep_meta(connection, "consistency", options.consistency == "one" ? "" : options.consistency));
  TRY(keep_meta(connection, "agent_away", options.agent_away == "refuse" ? "" : options.agent_away));
  if (!options.schema_changes.empty()) {
    TRY(keep_meta(connection, "schema_changes",
                  options.schema_changes == "one" ? "" : options.schema_changes));
  }
  TRY(keep_meta(connection, "node", std::to_string(options.node)));
  TRY_ASSIGN(const auto mode, read_meta(connection, "mode"));
  const bool wanted = options.out_of_band != OutOfBand::kWarn || mode == "trigger";
  local.use_triggers(wanted);
  if (wanted || (before && *before != "warn")) TRY(capture::install_triggers(connection));
  return transaction.commit();
}

// In a database that an older release has enabled.
Status Database::Impl::make_added_tables() {
  TRY_ASSIGN(const bool history, has_schema_history(connection));
  TRY_ASSIGN(const bool names, has_table_names(connection));
  if (history && names) {
    TRY_ASSIGN(Transaction transaction, Transaction::begin(connection, Transaction::Kind::kWrite));
    TRY(fold_schema_history(connection, options.node));
    return transaction.commit();
  }
  TRY_ASSIGN(Transaction transaction, local.begin_after_logging());
  TRY(create_schema_history(connection));
  TRY(create_table_names(connection));
  TRY(capture::adopt_schema(connection));
  return transaction.commit();
}

Status Database::Impl::create_parts() {
  TRY_ASSIGN(state, LogState::create(connection, options.node));
  TRY_ASSIGN(log, LogWriter::create(connection, options.node));
  TRY_ASSIGN(conflicts, ConflictLog::create(connection, options.conflicts_max, options.wall_clock));
  TRY_ASSIGN(reader, LogReader::create(connection, options.node, filter));
  applier.emplace(connection, options.node, *state, *log, *conflicts, filter, local, options.wall_clock);
  return Ok{};
}

Status Database::Impl::load() {
  TRY_ASSIGN(const Transaction snapshot, Transaction::begin(connection, Transaction::Kind::kRead));
  TRY_ASSIGN(const core::Watermark watermark, read_watermark(connection));
  TRY(state->load(watermark));
  TRY(applier->load_skips());
  reader->start_tail(state->last_id(), state->have());
  return Ok{};
}

Status Database::Impl::save_settled() {
  if (!state) return Ok{};
  TRY(settled.save(connection, options.node, state->watermark(), state->index()));
  return Ok{};
}

Result<bool> Database::Impl::fresh() {
  if (state->last_id() != 0) return false;
  TRY_ASSIGN(const std::int64_t objects, connection.integer(sql::kCountAppObjects));
  TRY_ASSIGN(const auto baseline, read_meta(connection, "baseline"));
  return objects == 0 && (!baseline || *baseline == "0");
}

Status detach(const std::string& path) {
  TRY_ASSIGN(Connection connection, Connection::open(path, Access::kReadWrite, kBusyTimeoutMs));
  return capture::disable(connection);
}

}  // namespace murmel::store
