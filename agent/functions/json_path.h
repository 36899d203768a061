// MySQL's JSON paths: $.key."quoted key"[2][last-1][1 to 3].*[*]**.
// Thread rule: values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/functions/json.h"

namespace murmel::functions {

struct JsonStep {
  enum class Kind { kMember, kAnyMember, kCells, kAnyCell, kDeep };
  // A place in an array, from its begin or back from its last element.
  struct Index {
    size_t number = 0;
    bool from_last = false;
    // In an array of this size; may be beyond it. Nothing before its begin.
    std::optional<size_t> in(size_t size) const;
  };
  Kind kind = Kind::kMember;
  std::string key;
  Index first, last;  // equal but for a range
  bool range = false;
};

struct JsonPath {
  std::vector<JsonStep> steps;
  bool wild() const;  // may match several values
};

// `error` is the position around which it is no path.
std::optional<JsonPath> parse_json_path(std::string_view text, size_t* error);
// The path of an argument; ends the statement with 3143 if it is none. With `single`, 3149 if it may match
// several.
std::optional<JsonPath> json_path_of(const Call& call, int index, bool single);

// All values at a path, in document order, none twice.
std::vector<const Json*> json_find(const Json& document, const JsonPath& path);
// The value at the first `count` steps of a path that matches at most one, or null.
Json* json_at(Json* document, const JsonPath& path, size_t count);

// `.key` as a path has it, quoted where needed.
std::string json_path_member(std::string_view key);

}  // namespace murmel::functions
