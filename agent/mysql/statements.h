// Statements: the prepared statements of one connection, as far as the protocol must know them: how many
// parameters, of what types they were last bound, and long data that came in pieces.
//
//   reserve ──prepared()──► usable ──execute──► its parameters         close: its number is told to the host
//   later
//      └── failed(): gone
// Limits: statements, and bytes of long data, of a connection. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/mysql/commands.h"
#include "agent/mysql/errors.h"

namespace murmel::mysql {

class Statements {
 public:
  Statements(std::size_t statements_max, std::size_t long_data_bytes_max)
      : statements_max_(statements_max), long_data_bytes_max_(long_data_bytes_max) {}

  // A number for a statement that is being prepared. Errors: 1461.
  Answer<std::uint32_t> reserve();
  void prepared(std::uint32_t statement, std::size_t parameters);
  void failed(std::uint32_t statement) { known_.erase(statement); }
  bool known(std::uint32_t statement) const { return known_.contains(statement); }

  // The payload behind the code of COM_STMT_EXECUTE. Long data is used up. Errors: 1243, 1835, 1235, and what
  // long data has met.
  Answer<command::Execute> execute(std::string_view payload);
  // COM_STMT_SEND_LONG_DATA has no answer: what is wrong with it is said when the statement is executed.
  void long_data(std::string_view payload);
  // Forgets long data. False: there is no such statement.
  bool reset(std::uint32_t statement);
  void close(std::uint32_t statement);
  void close_all();
  // Numbers closed since the last call.
  std::vector<std::uint32_t> take_closed();

 private:
  struct Type {
    ColumnType type = ColumnType::kNull;
    bool is_unsigned = false;
  };
  struct Known {
    std::size_t parameters = 0;
    std::vector<Type> types;
    std::map<std::size_t, std::string> long_data;  // by parameter
    bool long_data_too_large = false;
  };
  void forget_long_data(Known& known);
  static bool read_types(Reader& reader, Known& known);

  std::size_t statements_max_;
  std::size_t long_data_bytes_max_;
  std::size_t long_data_bytes_ = 0;
  std::uint32_t last_ = 0;
  std::map<std::uint32_t, Known> known_;
  std::vector<std::uint32_t> closed_;
};

}  // namespace murmel::mysql
