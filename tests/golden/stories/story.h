// A golden file: blocks of a command line, its input, a line `----`, and the output that is expected. A blank
// line ends a block; lines that begin with # are comments. The runner compares, or with --rewrite puts what
// came out into the file. Plain text in, plain text out; no thread.
#pragma once

#include <string>
#include <vector>

#include "agent/base/result.h"

namespace murmel::stories {

struct Block {
  std::string comment;  // comment and blank lines before it, as they are
  std::string command;
  std::string input;
  std::string expected;
  int line = 0;  // of the command
};

struct Story {
  std::vector<Block> blocks;
  std::string tail;  // what follows the last block
};

Result<Story> read_story(const std::string& path);
Status write_story(const std::string& path, const Story& story);

}  // namespace murmel::stories
