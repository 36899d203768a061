// SqlSession: LOAD DATA, and SELECT ... INTO OUTFILE and DUMPFILE.
//
// A client's file is kept in a file of the server's until all of it is there: a client that sends slowly
// holds no lock meanwhile, and a transaction that has to be done again can be. Then its rows are written one
// by one, as one statement.
#include <algorithm>
#include <map>
#include <utility>

#include "agent/functions/value.h"
#include "agent/service/client_errors.h"
#include "agent/service/sql_session.h"
#include "agent/session/text_rows.h"
#include "agent/sql/resolve.h"

namespace murmel::service {
namespace {

constexpr std::monostate kLoaded;
constexpr std::size_t kFilePieceBytes = 64 << 10;
constexpr std::uint16_t kTooFewFields = 1261;
constexpr std::uint16_t kTooManyFields = 1262;
constexpr std::uint16_t kNullToNotNull = 1263;

// What a row is left out for where the statement says IGNORE.
bool is_of_the_row(const mysql::ClientError& error) {
  constexpr std::uint16_t kOfRows[] = {1048, 1062, 1451, 1452};
  return std::find(std::begin(kOfRows), std::end(kOfRows), error.number) != std::end(kOfRows);
}

mysql::ClientError bad_charset(const std::string& charset) {
  return {1115, "42000", "Unknown character set: '" + charset + "'"};
}

// What a file's bytes mean; nothing: what they are. False: it is not known.
bool find_charset(const std::string& name, std::optional<functions::ByteCharset>& charset) {
  constexpr std::string_view kSame[] = {"", "binary", "utf8mb4", "utf8mb3", "utf8", "ascii", "default"};
  if (std::find(std::begin(kSame), std::end(kSame), name) != std::end(kSame)) return true;
  charset = functions::ByteCharset::named(name);
  return charset.has_value();
}

std::string at_row(const char* before, std::uint64_t row, const char* behind) {
  return before + std::to_string(row) + behind;
}

}  // namespace

// --- LOAD DATA --------------------------------------------------------------------------------------------

// All that the client sends is taken, whatever becomes of it, as it can't be told to stop.
mysql::Answer<ServerFile> SqlSession::receive_file(const sql::FileUse& use) {
  auto kept = ServerFile::make_nameless(options_.temporary_directory);
  if (!kept.ok()) return kept;
  reply_->ask_for_file(use.name);
  if (!line_.write(reply_->take())) return mysql::query_interrupted();
  line_.expect_file(reply_->sequence());
  std::optional<mysql::ClientError> error;
  for (;;) {
    const auto piece = line_.read_file();
    if (!piece.ok()) return mysql::query_interrupted();
    if (!error.has_value() && !piece->bytes.empty()) {
      auto written = kept->write(piece->bytes);
      if (!written.ok()) error = written.error();
    }
    if (!piece->last) continue;
    reply_->go_on_from(piece->next_sequence);
    if (error.has_value()) return *error;
    return kept;
  }
}

SqlSession::Done SqlSession::run_load(const sql::Statement& statement, bool more) {
  const sql::FileUse& use = *statement.file;
  std::optional<functions::ByteCharset> charset;
  if (!find_charset(use.form.charset, charset)) return bad_charset(use.form.charset);
  if (use.local) {
    const bool on = state_.variables.number("local_infile") != 0;
    if (!on || !reply_->client_sends_files()) return mysql::local_files_off();
  } else if (auto refusal = rights_->may({accounts::Privilege::kFile})) {
    return *refusal;
  }
  auto file = use.local ? receive_file(use) : ServerFile::open(options_.files_directory, use.name);
  if (!file.ok()) return file.error();
  load_.emplace(Load{std::move(*file), std::move(charset), 0});
  Done done = run_write(statement, {}, more);
  load_.reset();
  return done;
}

// The statement for lines with so many fields; the others get what their columns say.
mysql::Answer<sql::Step> SqlSession::load_step(const sql::Statement& statement, std::size_t fields) {
  if (fields >= statement.file->fields.size()) return statement.steps[0];
  sql::Settings with_fewer = settings({});
  with_fewer.fields = fields;
  sql::StatementReader reader(statement.text);
  auto shorter = reader.next(with_fewer, databases_);
  INVARIANT(shorter.has_value());
  if (!shorter->has_error) return std::move(shorter->steps[0]);
  return mysql::ClientError{shorter->error.number, shorter->error.sqlstate, shorter->error.message};
}

// A value that is not as it should be: an error, or a warning where nothing is strict.
SqlSession::Done SqlSession::complain(std::uint16_t number, const char* sqlstate, std::string sentence) {
  if ((state_.sql_mode() & functions::kStrictTables) != 0) {
    return mysql::ClientError{number, sqlstate, std::move(sentence)};
  }
  state_.diagnostics.add(functions::Level::kWarning, number, std::move(sentence));
  return kLoaded;
}

// NULL in a NOT NULL column becomes its implicit default.
SqlSession::Done SqlSession::fill_nulls(const sql::FileUse& use, const sql::TableInfo& table,
                                        std::vector<session::TextField>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].has_value() || use.fields[i].variable) continue;
    const auto column = std::find_if(
        table.columns.begin(), table.columns.end(),
        [&](const sql::ColumnInfo& one) { return sql::same_name(one.name, use.fields[i].name); });
    if (column == table.columns.end() || !column->not_null || column->auto_increment) continue;
    Done said = complain(kNullToNotNull, "22004",
                         "Column set to default value; NULL supplied to NOT NULL column '" + column->name +
                             at_row("' at row ", load_->rows, ""));
    if (!said.ok()) return said;
    auto implicit = evaluate("SELECT CAST(\"mysql_implicit_default\"(" +
                             session::quoted_text(sql::type_text(column->type)) + ") AS TEXT)");
    if (!implicit.ok()) return implicit.error();
    const auto* const text = std::get_if<std::string>(&*implicit);
    fields[i] = text != nullptr ? *text : std::string();
  }
  return kLoaded;
}

// Fields that a line lacks, and those that are variables.
SqlSession::Done SqlSession::take_fields(const sql::FileUse& use,
                                         const std::vector<session::TextField>& fields) {
  for (std::size_t i = 0; i < use.fields.size(); ++i) {
    const bool there = i < fields.size();
    if (use.fields[i].variable) {
      const bool any = there && fields[i].has_value();
      state_.set_user_variable(use.fields[i].name,
                               any ? functions::name_of(functions::Kind::kText) + (" " + *fields[i]) : "");
    } else if (!there) {
      Done said = complain(kTooFewFields, "01000",
                           at_row("Row ", load_->rows, " doesn't contain data for all columns"));
      if (!said.ok()) return said;
    }
  }
  return kLoaded;
}

SqlSession::Done SqlSession::load_row(const sql::Statement& statement, const sql::Step& step,
                                      store::ClientStatement& running,
                                      const std::vector<session::TextField>& fields, std::int64_t* changes) {
  for (std::size_t i = 0; i < step.parameters.size(); ++i) {
    const session::TextField& field = fields[step.parameters[i]];
    running.bind(static_cast<int>(i),
                 field.has_value() ? store::ClientValue(std::string_view(*field)) : store::ClientValue());
  }
  const auto run = [&running] {
    auto row = running.step();
    while (row.ok() && *row) row = running.step();
    return row;
  };
  const auto done = run();
  if (done.ok()) {
    running.reset();
    *changes += databases_.opened()->changes();
    return kLoaded;
  }
  mysql::ClientError error = duplicate_key(done.error()).has_value()
                                 ? duplicate_error(done.error(), statement, [&] { (void)run(); })
                                 : failed(done.error(), &statement);
  if (!statement.ignore || !is_of_the_row(error)) return error;
  state_.diagnostics.add(functions::Level::kWarning, error.number, std::move(error.message));
  return kLoaded;
}

SqlSession::Done SqlSession::load_rows(const sql::Statement& statement, std::int64_t* changes) {
  const sql::FileUse& use = *statement.file;
  const sql::TableUse& target = statement.tables[0];
  const sql::TableInfo* const table = databases_.table(target.database, target.table);
  if (table == nullptr) return mysql::no_such_table(target.database, target.table);
  load_->file.rewind();
  load_->rows = 0;
  struct Shape {
    sql::Step step;
    store::ClientStatement running;
  };
  std::map<std::size_t, Shape> shapes;  // by the number of fields
  session::TextRowReader reader(use.form, [this] {
    std::string bytes = load_->file.read();
    return load_->charset ? load_->charset->decoded(bytes) : bytes;
  });
  reader.skip_lines(use.skipped_lines);
  std::vector<session::TextField> fields;
  Done done = kLoaded;
  while (done.ok() && reader.next(use.fields.size(), fields)) {
    state_.rows_done = load_->rows++;
    done = take_fields(use, fields);
    if (done.ok()) done = fill_nulls(use, *table, fields);
    auto shape = shapes.find(fields.size());
    if (done.ok() && shape == shapes.end()) {
      auto step = load_step(statement, fields.size());
      if (!step.ok()) return step.error();
      auto running = prepare({step->sql, {}, true}, {});
      if (!running.ok()) return running.error();
      shape = shapes.emplace(fields.size(), Shape{std::move(*step), std::move(*running)}).first;
    }
    if (done.ok()) done = load_row(statement, shape->second.step, shape->second.running, fields, changes);
    if (done.ok() && databases_.opened()->is_interrupted()) done = mysql::query_interrupted();
    if (done.ok() && reader.end_line()) {
      done = complain(kTooManyFields, "01000",
                      at_row("Row ", load_->rows,
                             " was truncated; it contained more data than there were input columns"));
    }
  }
  state_.rows_done = 0;
  return done;
}

// LOAD_FILE(). One byte more than may be is enough to be refused.
std::optional<std::string> SqlSession::load_file(const std::string& name) {
  if (rights_->may({accounts::Privilege::kFile})) return std::nullopt;
  auto file = ServerFile::open(options_.files_directory, name);
  if (!file.ok()) return std::nullopt;
  std::string content;
  for (std::string piece = file->read(); !piece.empty(); piece = file->read()) {
    content += piece;
    if (content.size() > state_.packet_bytes_max()) break;
  }
  return content;
}

// --- INTO OUTFILE, INTO DUMPFILE --------------------------------------------------------------------------

SqlSession::Done SqlSession::run_into_file(const sql::Statement& statement, const Parameters& parameters,
                                           bool more) {
  const sql::FileUse& use = *statement.file;
  if (auto refusal = rights_->may({accounts::Privilege::kFile})) return *refusal;
  std::optional<functions::ByteCharset> charset;
  if (!find_charset(use.form.charset, charset)) return bad_charset(use.form.charset);
  Done begun = begin_reading();
  if (!begun.ok()) return begun;
  auto running = prepare(statement.steps[0], parameters);
  if (!running.ok()) return running.error();
  auto file = ServerFile::make(options_.files_directory, use.name);
  if (!file.ok()) return file.error();
  std::uint64_t rows = 0;
  Done done = skips_all_ ? Done(kLoaded) : write_rows(statement, *running, charset, *file, &rows);
  if (!done.ok()) {
    file->remove();
    return done;
  }
  mysql::Outcome result = outcome(more);
  result.affected_rows = rows;
  answer_write(result);
  return kLoaded;
}

SqlSession::Done SqlSession::write_rows(const sql::Statement& statement, store::ClientStatement& running,
                                        const std::optional<functions::ByteCharset>& charset,
                                        ServerFile& file, std::uint64_t* rows) {
  const sql::FileUse& use = *statement.file;
  const session::TextRowWriter writer(use.form);
  std::string text;
  std::vector<mysql::Column> columns;
  std::vector<bool> is_text;
  auto row = running.step();
  while (row.ok() && *row) {
    if (columns.empty()) {
      columns = columns_of(statement, running, true);
      for (const mysql::Column& column : columns) is_text.push_back(!mysql::is_number(column.type));
    }
    if (use.dump && *rows > 0)
      return mysql::ClientError{1172, "42000", "Result consisted of more than one row"};
    take_values(running, columns);
    std::vector<std::string> spaces(columns.size());
    std::vector<std::optional<std::string_view>> fields;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      fields.push_back(mysql::text_of(columns[i], values_[i], spaces[i]));
      if (!charset || !fields[i] || columns[i].collation == mysql::kBinaryCharset) continue;
      spaces[i] = charset->encoded(*fields[i]);
      fields[i] = spaces[i];
    }
    if (use.dump) {
      for (const auto& field : fields) text += field.value_or(std::string_view());
    } else {
      writer.append(fields, is_text, text);
    }
    ++*rows;
    if (text.size() > kFilePieceBytes) {
      auto written = file.write(std::exchange(text, {}));
      if (!written.ok()) return written;
    }
    row = running.step();
  }
  if (!row.ok()) return failed(row.error(), &statement);
  return file.write(text);
}

}  // namespace murmel::service
