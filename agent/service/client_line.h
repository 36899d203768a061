// ClientLine: the way from a session to its client, while a command is under way. One thread.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/mysql/session.h"

namespace murmel::service {

class ClientLine {
 public:
  virtual ~ClientLine() = default;
  // Packets of the answer; may wait for a client that reads slowly. False: nobody wants them any more.
  [[nodiscard]] virtual bool write(std::string_view packets) = 0;
  // The answer has asked for a file (mysql::Reply::ask_for_file) and goes on behind it; its next packet would
  // have had this number.
  virtual void expect_file(std::uint8_t next_sequence) = 0;
  // The file's next piece. All pieces have to be read, up to the last one, whatever has become of the
  // statement. Errors: kUnavailable (the client is gone), kTimeout.
  virtual Result<mysql::event::InfileData> read_file() = 0;
};

}  // namespace murmel::service
