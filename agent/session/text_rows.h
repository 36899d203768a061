// Rows as text, as LOAD DATA reads them and SELECT ... INTO OUTFILE writes them (dev.mysql.com, "LOAD DATA
// Statement", "Field and Line Handling"). Memory follows the longest field, not the file. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sql/translator.h"

namespace murmel::session {

// One field of a line; nothing: NULL.
using TextField = std::optional<std::string>;

class TextRowReader {
 public:
  // The next bytes of the file; empty: there are no more.
  using More = std::function<std::string()>;
  // `form` outlives the reader.
  TextRowReader(const sql::FileForm& form, More more) : form_(form), more_(std::move(more)) {}

  // Past so many lines, whatever is in them.
  void skip_lines(std::uint64_t lines);
  // The first `fields_max` fields of the next line, or fewer if it has fewer; false: there is no line.
  bool next(std::size_t fields_max, std::vector<TextField>& fields);
  // Goes to the end of the line. True: there was more in it than was taken, which is not told of the last
  // line of a file that does not end with a line's end.
  bool end_line();

 private:
  static constexpr int kEnd = -1;
  int take();
  void put_back(int c) { returned_.push_back(c); }
  bool follows(std::string_view mark);
  bool to_line_begin();
  bool field(TextField& field);
  bool next_line();
  char unescaped(int c, bool* null) const;
  bool is(int c, const std::string& mark) const {
    return !mark.empty() && c == static_cast<unsigned char>(mark[0]);
  }
  // Where the two are the same, rows end with their last field.
  bool has_line_end() const { return !form_.line_end.empty() && form_.line_end != form_.field_end; }

  const sql::FileForm& form_;
  More more_;
  std::string buffer_;
  std::size_t at_ = 0;
  bool at_file_end_ = false;
  std::vector<int> returned_;  // to be taken again, last first
  bool line_ended_ = false;
  bool line_begun_ = false;
  bool cut_ = false;
};

class TextRowWriter {
 public:
  explicit TextRowWriter(const sql::FileForm& form) : form_(form) {}
  // `text`: for each field, whether it is a string, which matters for OPTIONALLY ENCLOSED BY.
  void append(const std::vector<std::optional<std::string_view>>& row, const std::vector<bool>& text,
              std::string& out) const;

 private:
  void escaped(std::string_view value, bool enclosed, std::string& out) const;

  const sql::FileForm& form_;
};

}  // namespace murmel::session
