// An argument as a row of characters: of UTF-8, or bytes if it is a binary string.
// Thread rule: a value.
#pragma once

#include <string>
#include <vector>

#include "agent/functions/call.h"
#include "agent/functions/collation.h"

namespace murmel::functions {

class Characters {
 public:
  Characters(const Call& call, int index) : text_(call.text(index)) {
    bool bytes = call.binary(index);
    for (size_t at = 0; at < text_.size();) {
      begins_.push_back(at);
      if (bytes)
        ++at;
      else
        next_character(text_, &at);
    }
    begins_.push_back(text_.size());
  }
  int64_t count() const { return static_cast<int64_t>(begins_.size()) - 1; }
  char32_t character(int64_t index) const {
    size_t at = begins_[static_cast<size_t>(index)];
    if (begins_[static_cast<size_t>(index) + 1] == at + 1) return static_cast<unsigned char>(text_[at]);
    return next_character(text_, &at);
  }
  // Within the text.
  std::string slice(int64_t from, int64_t count) const {
    size_t begin = begins_[static_cast<size_t>(from)], end = begins_[static_cast<size_t>(from + count)];
    return text_.substr(begin, end - begin);
  }

 private:
  std::string text_;
  std::vector<size_t> begins_;
};

}  // namespace murmel::functions
