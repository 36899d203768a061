// JSON values as MySQL has them: nlohmann's tree with keys in MySQL's order (shorter first, then by bytes),
// printed with a blank after each comma and colon, at most 100 levels deep. A DECIMAL keeps its digits, also
// in documents that were made here; numbers of other texts are integers and doubles. Thread rule: none;
// functions of their arguments.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "agent/functions/call.h"
#include "agent/functions/value.h"

namespace murmel::functions {

struct JsonKeyOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }
};

template <typename Key, typename Element, typename Compare, typename Allocator>
using JsonMap = std::map<Key, Element, JsonKeyOrder, Allocator>;

using Json = nlohmann::basic_json<JsonMap>;

constexpr int kJsonDepthMax = 100;

// Nothing if the text is no JSON or too deep. `made_here`: a number with more digits than a double would be
// printed with is a DECIMAL.
std::optional<Json> parse_json(std::string_view text, bool made_here = false);
// In the tree a DECIMAL is a "binary" of its text, which no JSON text can be.
Json json_decimal(const Decimal& value);
inline bool is_json_decimal(const Json& json) {
  return json.is_binary();
}
Decimal decimal_of_json(const Json& json);
std::string json_text(const Json& json);
std::string json_pretty(const Json& json, int indent = 0);
// A JSON string in its quotes.
std::string json_quoted(std::string_view text);
// MySQL's order over all JSON values.
int compare_json(const Json& a, const Json& b);
// Sorts by memcmp as compare_json() does.
std::string json_sort_key(const Json& json);
// At least one of the two is JSON; the other is taken as a JSON scalar.
int compare_with_json(const Value& a, const Value& b);

// A document argument: JSON, or text that is JSON. Ends the statement with 3141 (or 3146 for what can't be
// JSON at all) if it is none. NULL is nothing.
std::optional<Json> json_of(const Call& call, int index, bool cast = false);
// An argument as an element: text is a string, numbers are numbers, JSON is itself.
Json json_element(const Value& value);
// Gives a document as the result; ends the statement with 3157 if it has become too deep.
void give_json(const Call& call, const Json& json);

}  // namespace murmel::functions
