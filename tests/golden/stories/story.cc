#include "tests/golden/stories/story.h"

#include <fstream>
#include <utility>

namespace murmel::stories {
namespace {

constexpr char kSeparator[] = "----";

bool is_comment(const std::string& line) {
  return line.empty() || line[0] == '#';
}

}  // namespace

Result<Story> read_story(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error{ErrorCode::kNotFound, "can't read " + path};
  Story story;
  std::string line;
  int number = 0;
  enum { kBetween, kInput, kOutput } place = kBetween;
  std::string comment;
  while (std::getline(file, line)) {
    ++number;
    switch (place) {
      case kBetween:
        if (is_comment(line)) {
          comment += line + "\n";
          break;
        }
        story.blocks.push_back({std::exchange(comment, {}), line, "", "", number});
        place = kInput;
        break;
      case kInput:
        if (line.empty()) return Error{ErrorCode::kInvalid, path + ": a block without " + kSeparator};
        if (line == kSeparator) {
          place = kOutput;
        } else {
          story.blocks.back().input += line + "\n";
        }
        break;
      case kOutput:
        if (line.empty()) {
          place = kBetween;
          comment.assign(1, '\n');
        } else {
          story.blocks.back().expected += line + "\n";
        }
        break;
    }
  }
  if (place == kInput) return Error{ErrorCode::kInvalid, path + ": the last block has no " + kSeparator};
  story.tail = comment;
  return story;
}

Status write_story(const std::string& path, const Story& story) {
  std::ofstream file(path);
  for (const Block& block : story.blocks) {
    file << block.comment << block.command << "\n" << block.input << kSeparator << "\n" << block.expected;
  }
  file << story.tail;
  file.close();
  return file ? Status(Ok{}) : Status(Error{ErrorCode::kIo, "can't write " + path});
}

}  // namespace murmel::stories
