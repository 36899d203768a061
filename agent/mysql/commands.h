// Commands that need more than the protocol to be answered. Plain data; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "agent/mysql/reply.h"

namespace murmel::mysql::command {

struct Query {
  std::string sql;  // several statements, if `multi_statements`
  bool multi_statements = false;
};
struct InitDatabase {
  std::string name;
};
struct FieldList {
  std::string table;
  std::string wildcard;
};
struct Statistics {};
struct Kill {
  std::uint32_t connection = 0;
};
struct Prepare {
  std::uint32_t statement = 0;  // its number, if it succeeds
  std::string sql;
};
struct Execute {
  std::uint32_t statement = 0;
  bool cursor = false;
  std::vector<OwnedValue> parameters;
};
struct Fetch {
  std::uint32_t statement = 0;
  std::uint32_t rows = 0;
};
struct ResetStatement {
  std::uint32_t statement = 0;
};
struct ResetConnection {};

}  // namespace murmel::mysql::command

namespace murmel::mysql {

using Command = std::variant<command::Query, command::InitDatabase, command::FieldList, command::Statistics,
                             command::Kill, command::Prepare, command::Execute, command::Fetch,
                             command::ResetStatement, command::ResetConnection>;

}  // namespace murmel::mysql
