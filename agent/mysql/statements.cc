#include "agent/mysql/statements.h"

#include <utility>

namespace murmel::mysql {
namespace {

constexpr std::uint8_t kReadOnlyCursor = 1;
constexpr std::uint8_t kUnsignedFlag = 0x80;
constexpr char kExecuteName[] = "mysqld_stmt_execute";

}  // namespace

Answer<std::uint32_t> Statements::reserve() {
  if (known_.size() >= statements_max_) return too_many_statements(known_.size());
  do {
    ++last_;
  } while (last_ == 0 || known_.contains(last_));
  known_[last_] = {};
  return std::uint32_t{last_};
}

void Statements::prepared(std::uint32_t statement, std::size_t parameters) {
  const auto found = known_.find(statement);
  if (found != known_.end()) found->second.parameters = parameters;
}

bool Statements::read_types(Reader& reader, Known& known) {
  known.types.clear();
  for (std::size_t i = 0; i < known.parameters; ++i) {
    const auto type = static_cast<ColumnType>(reader.u8());
    known.types.push_back({type, (reader.u8() & kUnsignedFlag) != 0});
  }
  if (!reader.ok()) known.types.clear();
  return reader.ok();
}

Answer<command::Execute> Statements::execute(std::string_view payload) {
  Reader reader(payload);
  command::Execute execute;
  execute.statement = reader.u32();
  const std::uint8_t flags = reader.u8();
  reader.u32();  // iterations, always 1
  if (!reader.ok()) return malformed_packet();
  const auto found = known_.find(execute.statement);
  if (found == known_.end()) return unknown_statement(execute.statement, kExecuteName);
  if ((flags & ~kReadOnlyCursor) != 0)
    return not_supported("cursors that are not read-only and forward-only");
  execute.cursor = flags == kReadOnlyCursor;
  Known& known = found->second;
  if (known.long_data_too_large) {
    forget_long_data(known);
    return packet_too_large();
  }
  if (known.parameters == 0) return execute;
  const std::string_view nulls = reader.text((known.parameters + 7) / 8);
  const bool bound = reader.u8() == 1;
  if (!reader.ok() || (bound && !read_types(reader, known))) return malformed_packet();
  // Drivers that have nothing but NULL to send need not tell a type.
  const bool typed = known.types.size() == known.parameters;
  for (std::size_t i = 0; i < known.parameters; ++i) {
    const auto long_data = known.long_data.find(i);
    if (long_data != known.long_data.end()) {
      execute.parameters.emplace_back(long_data->second);
    } else if ((static_cast<std::uint8_t>(nulls[i / 8]) >> (i % 8) & 1) != 0) {
      execute.parameters.emplace_back();
    } else if (!typed) {
      return wrong_arguments(kExecuteName);
    } else {
      execute.parameters.push_back(read_parameter(reader, known.types[i].type, known.types[i].is_unsigned));
    }
  }
  if (!reader.ok()) return malformed_packet();
  forget_long_data(known);
  return execute;
}

void Statements::long_data(std::string_view payload) {
  Reader reader(payload);
  const std::uint32_t statement = reader.u32();
  const std::size_t parameter = reader.u16();
  const auto found = known_.find(statement);
  if (!reader.ok() || found == known_.end() || parameter >= found->second.parameters) return;
  const std::string_view data = reader.rest();
  if (data.size() > long_data_bytes_max_ - long_data_bytes_) {
    found->second.long_data_too_large = true;
    return;
  }
  found->second.long_data[parameter] += data;
  long_data_bytes_ += data.size();
}

void Statements::forget_long_data(Known& known) {
  for (const auto& [parameter, data] : known.long_data) long_data_bytes_ -= data.size();
  known.long_data.clear();
  known.long_data_too_large = false;
}

bool Statements::reset(std::uint32_t statement) {
  const auto found = known_.find(statement);
  if (found == known_.end()) return false;
  forget_long_data(found->second);
  return true;
}

void Statements::close(std::uint32_t statement) {
  const auto found = known_.find(statement);
  if (found == known_.end()) return;
  forget_long_data(found->second);
  known_.erase(found);
  closed_.push_back(statement);
}

void Statements::close_all() {
  while (!known_.empty()) close(known_.begin()->first);
}

std::vector<std::uint32_t> Statements::take_closed() {
  return std::exchange(closed_, {});
}

}  // namespace murmel::mysql
