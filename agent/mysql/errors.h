// Errors as MySQL's clients know them: number, SQLSTATE, sentence (dev.mysql.com, "Server Error Message
// Reference"). Answer<T> is a value or such an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace murmel::mysql {

struct [[nodiscard]] ClientError {
  std::uint16_t number = 0;
  const char* sqlstate = "HY000";  // five characters, static
  std::string message;
};

template <typename T>
using Answer = Result<T, ClientError>;

ClientError too_many_connections();                                                           // 1040
ClientError access_denied(std::string_view user, std::string_view host, bool with_password);  // 1045
ClientError no_database();                                                                    // 1046
ClientError unknown_command();                                                                // 1047
ClientError unknown_database(std::string_view name);                                          // 1049
ClientError shutting_down();                                                                  // 1053
ClientError bad_handshake();                                                                  // 1043
ClientError no_such_thread(std::uint64_t id);                                                 // 1094
ClientError no_such_table(std::string_view database, std::string_view table);                 // 1146
ClientError packet_too_large();                                                               // 1153
ClientError packets_out_of_order();                                                           // 1156
ClientError transaction_too_large();                                                          // 1197
ClientError lock_wait_timeout();                                                              // 1205
ClientError wrong_arguments(std::string_view function);                                       // 1210
ClientError deadlock();                                                                       // 1213
ClientError unknown_statement(std::uint32_t id, std::string_view function);                   // 1243
ClientError not_supported(std::string_view what);                                             // 1235
ClientError old_client();                                                                     // 1251
ClientError query_interrupted();                                                              // 1317
ClientError malformed_packet();                                                               // 1835
ClientError syntax_error(std::string_view near);               // 1064; `near`: the text from the mistake on
ClientError unknown_error(std::string_view sentence);          // 1105
ClientError too_many_statements(std::uint64_t limit);          // 1461
ClientError no_auto_increment(std::string_view reason);        // 1467; empty: there is none left
ClientError no_cursor(std::uint32_t id);                       // 1421
ClientError lock_not_free();                                   // 3572
ClientError local_files_off();                                 // 3948
ClientError secure_transport_needed(std::string_view plugin);  // 2061, as the client would say it

}  // namespace murmel::mysql
