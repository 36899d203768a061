#include "agent/mysql/reply.h"

#include "agent/mysql/packets.h"

namespace murmel::mysql {
namespace {

constexpr char kOkHeader = '\x00';
constexpr char kErrorHeader = '\xff';
constexpr char kEofHeader = '\xfe';
constexpr char kFileHeader = '\xfb';
constexpr std::size_t kMessageBytesMax = 512;  // longer ones are cut by clients

std::string encode_changes(const std::vector<SessionChange>& changes) {
  std::string out;
  for (const SessionChange& change : changes) {
    std::string data;
    switch (change.kind) {
      case SessionChange::Kind::kVariable:
        put_lenenc_text(data, change.name);
        put_lenenc_text(data, change.value);
        break;
      case SessionChange::Kind::kDatabase: put_lenenc_text(data, change.name); break;
      case SessionChange::Kind::kState: put_lenenc_text(data, "1"); break;
    }
    out.push_back(static_cast<char>(change.kind));
    put_lenenc_text(out, data);
  }
  return out;
}

// Not inside a character.
std::string_view cut(std::string_view text) {
  if (text.size() <= kMessageBytesMax) return text;
  std::size_t size = kMessageBytesMax;
  while (size > 0 && (static_cast<std::uint8_t>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace

void Reply::put(std::string_view payload) {
  put_packets(out_, payload, form_.sequence);
}

void Reply::ok(const Outcome& outcome) {
  put_ok(kOkHeader, outcome);
}

void Reply::put_ok(char header, const Outcome& outcome) {
  const bool changed = has(kSessionTrack) && !outcome.changes.empty();
  std::string payload(1, header);
  put_lenenc(payload, outcome.affected_rows);
  put_lenenc(payload, outcome.last_insert_id);
  put_fixed(payload, outcome.status | (changed ? kSessionStateChanged : 0), 2);
  put_fixed(payload, outcome.warnings, 2);
  // The manual has the text without its length for clients that don't track the session, but MySQL's own
  // server always sends it, and PHP needs it.
  if (changed || !outcome.info.empty()) {
    put_lenenc_text(payload, outcome.info);
    if (changed) put_lenenc_text(payload, encode_changes(outcome.changes));
  }
  put(payload);
}

void Reply::error(const ClientError& error) {
  std::string payload(1, kErrorHeader);
  put_fixed(payload, error.number, 2);
  payload.push_back('#');
  payload += error.sqlstate;
  payload += cut(error.message);
  put(payload);
}

void Reply::put_eof(const Outcome& outcome) {
  std::string payload(1, kEofHeader);
  put_fixed(payload, outcome.warnings, 2);
  put_fixed(payload, outcome.status, 2);
  put(payload);
}

void Reply::columns(std::vector<Column> columns) {
  columns_ = std::move(columns);
  std::string payload;
  put_lenenc(payload, columns_.size());
  put(payload);
  put_columns(columns_);
  put_column_end({});
}

void Reply::cursor(std::vector<Column> columns, const Outcome& outcome) {
  columns_ = std::move(columns);
  std::string payload;
  put_lenenc(payload, columns_.size());
  put(payload);
  put_columns(columns_);
  end(outcome);
}

void Reply::put_columns(std::span<const Column> columns) {
  std::string payload;
  for (const Column& column : columns) {
    payload.clear();
    put_column(payload, column);
    put(payload);
  }
}

// Newer clients count the columns instead.
void Reply::put_column_end(const Outcome& outcome) {
  if (!has(kDeprecateEof)) put_eof(outcome);
}

bool Reply::row(std::span<const Value> row) {
  INVARIANT(row.size() == columns_.size());
  space_.clear();
  if (!form_.binary) {
    put_text_row(space_, columns_, row);
  } else if (!put_binary_row(space_, columns_, row)) {
    return false;
  }
  put(space_);
  return true;
}

void Reply::end(const Outcome& outcome) {
  has(kDeprecateEof) ? put_ok(kEofHeader, outcome) : put_eof(outcome);
}

void Reply::prepared(std::uint32_t statement, std::span<const Column> parameters,
                     std::span<const Column> columns, const Outcome& outcome) {
  std::string payload(1, kOkHeader);
  put_fixed(payload, statement, 4);
  put_fixed(payload, columns.size(), 2);
  put_fixed(payload, parameters.size(), 2);
  put_fixed(payload, 0, 1);
  put_fixed(payload, outcome.warnings, 2);
  put(payload);
  for (const auto described : {parameters, columns}) {
    if (described.empty()) continue;
    put_columns(described);
    put_column_end(outcome);
  }
}

void Reply::field_list(std::span<const Column> columns, const Outcome& outcome) {
  for (const Column& column : columns) {
    std::string payload;
    put_column(payload, column);
    payload.push_back(kNullInRow);  // its default value
    put(payload);
  }
  end(outcome);
}

void Reply::ask_for_file(std::string_view name) {
  put(kFileHeader + std::string(name));
}

}  // namespace murmel::mysql
