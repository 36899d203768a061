// Reply: the answer to one command, written packet by packet. The numbers of the packets go on from the
// command's, so one Reply answers one command, from its first packet to its last.
//
//   ok | error                                          one packet, and done
//   columns, row*, end                                  a result set; end(more = true): another answer
//   follows prepared                                            the answer to Prepare cursor; expect_columns,
//   row*, end in a Reply of its own         results fetched piece by piece
//
// Pure; may be filled in any thread, by one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/mysql/errors.h"
#include "agent/mysql/values.h"

namespace murmel::mysql {

// What changed in a session, for clients that track it.
struct SessionChange {
  enum class Kind : std::uint8_t { kVariable = 0, kDatabase = 1, kState = 2 };
  Kind kind = Kind::kState;
  std::string name;   // of the variable; the database
  std::string value;  // of the variable
};

struct Outcome {
  std::uint64_t affected_rows = 0;
  std::uint64_t last_insert_id = 0;
  std::uint16_t status = 0;
  std::uint16_t warnings = 0;
  std::string info;
  std::vector<SessionChange> changes;
};

// Given with each command; the same for all packets of its answer.
struct ReplyForm {
  std::uint32_t capabilities = 0;
  std::uint8_t sequence = 1;  // of the first packet
  bool binary = false;        // rows of a prepared statement
};

class Reply {
 public:
  explicit Reply(const ReplyForm& form) : form_(form) {}

  void ok(const Outcome& outcome);
  void error(const ClientError& error);

  // Before the rows.
  void columns(std::vector<Column> columns);
  // A whole answer: the rows will be fetched. The outcome's status says kCursorExists.
  void cursor(std::vector<Column> columns, const Outcome& outcome);
  // False: a value does not fit the column (binary rows only); nothing was written.
  [[nodiscard]] bool row(std::span<const Value> row);
  void end(const Outcome& outcome);
  // Of rows that are fetched: the columns were told before.
  void expect_columns(std::vector<Column> columns) { columns_ = std::move(columns); }

  void prepared(std::uint32_t statement, std::span<const Column> parameters, std::span<const Column> columns,
                const Outcome& outcome);
  // Columns of a table, for COM_FIELD_LIST.
  void field_list(std::span<const Column> columns, const Outcome& outcome);
  // A packet without a form.
  void text(std::string_view text) { put(text); }
  // Asks the client for a file; its content arrives as InfileData.
  void ask_for_file(std::string_view name);
  bool client_sends_files() const { return has(kLocalFiles); }

  // What was written since the last call.
  std::string take() { return std::exchange(out_, {}); }
  std::size_t pending() const { return out_.size(); }
  // The same, still to be taken.
  std::string_view unsent() const { return out_; }
  // Of the next packet.
  const ReplyForm& form() const { return form_; }
  std::uint8_t sequence() const { return form_.sequence; }
  // After the client has sent a file.
  void go_on_from(std::uint8_t sequence) { form_.sequence = sequence; }

 private:
  void put(std::string_view payload);
  void put_ok(char header, const Outcome& outcome);
  void put_eof(const Outcome& outcome);
  void put_columns(std::span<const Column> columns);
  void put_column_end(const Outcome& outcome);
  bool has(std::uint32_t capability) const { return (form_.capabilities & capability) != 0; }

  ReplyForm form_;
  std::string out_;
  std::vector<Column> columns_;
  std::string space_;
};

}  // namespace murmel::mysql
