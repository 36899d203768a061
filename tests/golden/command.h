// Command: a line of a golden script, cut into words.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "agent/base/ids.h"

namespace murmel::golden {

struct Command {
  explicit Command(const std::string& line) {
    std::istringstream in(line);
    for (std::string word; in >> word;) words.push_back(word);
  }

  const std::string& name() const { return words.at(0); }
  NodeId number(std::size_t i) const { return static_cast<NodeId>(std::stoul(words.at(i))); }

  std::vector<std::string> words;
};

}  // namespace murmel::golden
