#include "agent/session/text_rows.h"

#include <utility>

namespace murmel::session {
namespace {

constexpr char kSubstitute = '\032';  // Ctrl-Z

}  // namespace

// --- bytes ------------------------------------------------------------------------------------------------

int TextRowReader::take() {
  if (!returned_.empty()) {
    const int c = returned_.back();
    returned_.pop_back();
    return c;
  }
  if (at_ == buffer_.size() && !at_file_end_) {
    buffer_ = more_();
    at_ = 0;
    at_file_end_ = buffer_.empty();
  }
  return at_file_end_ ? kEnd : static_cast<unsigned char>(buffer_[at_++]);
}

// The rest of a mark whose first byte was taken; else nothing is taken.
bool TextRowReader::follows(std::string_view mark) {
  for (std::size_t i = 1; i < mark.size(); ++i) {
    const int c = take();
    if (c == static_cast<unsigned char>(mark[i])) continue;
    put_back(c);
    while (--i > 0) put_back(static_cast<unsigned char>(mark[i]));
    return false;
  }
  return true;
}

// --- lines ------------------------------------------------------------------------------------------------

bool TextRowReader::to_line_begin() {
  for (;;) {
    const int c = take();
    if (c == kEnd) return false;
    if (is(c, form_.line_begin) && follows(form_.line_begin)) return true;
  }
}

// False: there is none. What is in front of the line's end was left, so `cut_`.
bool TextRowReader::next_line() {
  cut_ = false;
  line_begun_ = false;
  if (std::exchange(line_ended_, false)) return !at_file_end_;
  if (!has_line_end()) return !at_file_end_;
  for (;;) {
    const int c = take();
    if (c == kEnd) return false;
    if (is(c, form_.escape)) {
      cut_ = true;
      if (take() == kEnd) return false;
      continue;
    }
    if (is(c, form_.line_end) && follows(form_.line_end)) return true;
    cut_ = true;
  }
}

void TextRowReader::skip_lines(std::uint64_t lines) {
  while (lines-- > 0 && next_line()) {
  }
}

bool TextRowReader::end_line() {
  return next_line() && cut_;
}

bool TextRowReader::next(std::size_t fields_max, std::vector<TextField>& fields) {
  fields.clear();
  TextField one;
  while (fields.size() < fields_max && field(one)) fields.push_back(std::move(one));
  return !fields.empty();
}

// --- fields -----------------------------------------------------------------------------------------------

char TextRowReader::unescaped(int c, bool* null) const {
  switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'b': return '\b';
    case '0': return '\0';
    case 'Z': return kSubstitute;
    case 'N': *null = true; break;
    default: break;
  }
  return static_cast<char>(c);
}

// As MySQL reads: a quote that is not followed by the end of the field is a part of it, and a field that has
// no closing quote keeps its opening one.
bool TextRowReader::field(TextField& field) {
  if (line_ended_) return false;
  if (!form_.line_begin.empty() && !std::exchange(line_begun_, true) && !to_line_begin()) return false;
  int c = take();
  if (c == kEnd) {
    line_ended_ = true;
    return false;
  }
  const bool enclosed = is(c, form_.enclosure);
  if (!enclosed) put_back(c);
  std::string text;
  bool null = false;
  const auto done = [&](bool closed, bool line_end) {
    line_ended_ = line_end;
    const bool word = !closed && !form_.enclosure.empty() && text == "NULL";
    field = word || (null && text.size() == 1) ? TextField() : TextField(std::move(text));
    return true;
  };
  for (;;) {
    c = take();
    if (c != kEnd && is(c, form_.escape)) {
      const int next = take();
      if (next == kEnd) {
        text += static_cast<char>(c);
        c = kEnd;
      } else if (form_.escape != form_.enclosure || next == c) {
        text += unescaped(next, &null);
        continue;
      } else {
        put_back(next);
      }
    }
    if (c == kEnd) {
      if (enclosed) text.insert(0, form_.enclosure);
      return done(false, true);
    }
    if (!enclosed) {
      if (has_line_end() && is(c, form_.line_end) && follows(form_.line_end)) return done(false, true);
      if (is(c, form_.field_end) && follows(form_.field_end)) return done(false, false);
    } else if (is(c, form_.enclosure)) {
      const int next = take();
      if (next == c) {
        text += static_cast<char>(c);
        continue;
      }
      const bool line_end = has_line_end() && is(next, form_.line_end) && follows(form_.line_end);
      if (next == kEnd || line_end) return done(true, true);
      if (is(next, form_.field_end) && follows(form_.field_end)) return done(true, false);
      put_back(next);
    }
    text += static_cast<char>(c);
  }
}

// --- writing ----------------------------------------------------------------------------------------------

void TextRowWriter::escaped(std::string_view value, bool enclosed, std::string& out) const {
  const auto begins = [](const std::string& mark, char c) { return !mark.empty() && mark[0] == c; };
  for (const char c : value) {
    const bool own = begins(form_.escape, c);
    const bool marks = enclosed ? begins(form_.enclosure, c) : begins(form_.field_end, c);
    if (!form_.escape.empty() && (c == '\0' || own || marks || begins(form_.line_end, c))) {
      out += form_.escape;
      out += c == '\0' ? '0' : c;
    } else {
      out += c;
    }
  }
}

void TextRowWriter::append(const std::vector<std::optional<std::string_view>>& row,
                           const std::vector<bool>& text, std::string& out) const {
  out += form_.line_begin;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i != 0) out += form_.field_end;
    const bool enclosed = !form_.enclosure.empty() && (text[i] || !form_.optionally_enclosed);
    if (!row[i]) {
      out += form_.escape.empty() ? "NULL" : form_.escape + "N";
      continue;
    }
    if (enclosed) out += form_.enclosure;
    escaped(*row[i], enclosed, out);
    if (enclosed) out += form_.enclosure;
  }
  out += form_.line_end;
}

}  // namespace murmel::session
