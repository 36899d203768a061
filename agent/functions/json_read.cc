// JSON functions that look into documents.
#include <algorithm>

#include "agent/functions/compare.h"
#include "agent/functions/groups.h"
#include "agent/functions/json.h"
#include "agent/functions/json_path.h"
#include "agent/functions/names.h"

namespace murmel::functions {
namespace {

void json_extract(const Call& call) {
  auto document = json_of(call, 0);
  if (!document) return;
  Json all = Json::array();
  bool several = call.count() > 2;
  for (int i = 1; i < call.count(); ++i) {
    auto path = json_path_of(call, i, false);
    if (!path) return;
    several = several || path->wild();
    for (const Json* found : json_find(*document, *path)) all.push_back(*found);
  }
  if (all.empty()) return;
  give_json(call, several ? all : all[0]);
}

std::string unquoted(const Json& json) {
  return json.is_string() ? json.get<std::string>() : json_text(json);
}

void unquote(const Call& call) {
  Value value = call.value(0);
  if (value.kind == Kind::kJson) {
    if (auto json = parse_json(value.text, true)) return call.result(unquoted(*json));
  }
  std::string text = to_text(value);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return call.result(text);
  auto json = parse_json(text);
  if (!json || !json->is_string()) {
    return call.fail(
        3141, "Invalid JSON text in argument 1 to function json_unquote: \"Invalid value.\" at position 0.");
  }
  call.result(json->get<std::string>());
}

// JSON_VALUE(document, path): a scalar as text.
void value_at(const Call& call) {
  auto document = json_of(call, 0);
  if (!document) return;
  auto path = json_path_of(call, 1, false);
  if (!path) return;
  auto found = json_find(*document, *path);
  if (found.size() != 1 || found[0]->is_structured() || found[0]->is_null()) return;
  call.result(unquoted(*found[0]));
}

bool contains(const Json& target, const Json& candidate) {
  if (target.is_object()) {
    if (!candidate.is_object()) return false;
    for (auto it = candidate.begin(); it != candidate.end(); ++it) {
      auto own = target.find(it.key());
      if (own == target.end() || !contains(*own, it.value())) return false;
    }
    return true;
  }
  if (!target.is_array()) return compare_json(target, candidate) == 0;
  auto in_target = [&](const Json& wanted) {
    return std::any_of(target.begin(), target.end(),
                       [&](const Json& element) { return contains(element, wanted); });
  };
  if (!candidate.is_array()) return in_target(candidate);
  return std::all_of(candidate.begin(), candidate.end(), in_target);
}

void contains_call(const Call& call) {
  auto target = json_of(call, 0);
  if (!target) return;
  auto candidate = json_of(call, 1);
  if (!candidate) return;
  if (!call.has(2)) return call.result(contains(*target, *candidate));
  auto path = json_path_of(call, 2, true);
  if (!path) return;
  auto found = json_find(*target, *path);
  if (!found.empty()) call.result(contains(*found[0], *candidate));
}

// 'one' or 'all'; ends the statement with 3154 otherwise.
std::optional<bool> all_of_argument(const Call& call, int index) {
  std::string text = call.text(index);
  for (char& c : text) c = static_cast<char>(c | 0x20);
  if (text == "one" || text == "all") return text == "all";
  call.fail(3154, std::string("The oneOrAll argument to ") + call.function().name +
                      " may take these values: 'one' or 'all'.");
  return std::nullopt;
}

void contains_path(const Call& call) {
  auto document = json_of(call, 0);
  if (!document) return;
  auto all = all_of_argument(call, 1);
  if (!all) return;
  for (int i = 2; i < call.count(); ++i) {
    auto path = json_path_of(call, i, false);
    if (!path) return;
    bool found = !json_find(*document, *path).empty();
    if (found != *all) return call.result(found);
  }
  call.result(*all);
}

void member_of(const Call& call) {
  auto array = json_of(call, 1);
  if (!array) return;
  Json wanted = json_element(call.value(0));
  if (!array->is_array()) return call.result(compare_json(*array, wanted) == 0);
  call.result(std::any_of(array->begin(), array->end(),
                          [&](const Json& element) { return compare_json(element, wanted) == 0; }));
}

void overlaps(const Call& call) {
  auto a = json_of(call, 0);
  if (!a) return;
  auto b = json_of(call, 1);
  if (!b) return;
  if (a->is_object() && b->is_object()) {
    for (auto it = a->begin(); it != a->end(); ++it) {
      auto other = b->find(it.key());
      if (other != b->end() && compare_json(*other, it.value()) == 0) return call.result(true);
    }
    return call.result(false);
  }
  Json left = a->is_array() ? *a : Json::array({*a}), right = b->is_array() ? *b : Json::array({*b});
  for (const Json& x : left) {
    for (const Json& y : right) {
      if (compare_json(x, y) == 0) return call.result(true);
    }
  }
  call.result(false);
}

// The document, or the one value at the path in argument 1. Null if there is nothing to tell about.
std::optional<Json> document_or_part(const Call& call) {
  auto document = json_of(call, 0);
  if (!document || !call.has(1)) return document;
  auto path = json_path_of(call, 1, true);
  if (!path) return std::nullopt;
  auto found = json_find(*document, *path);
  return found.empty() ? std::nullopt : std::optional<Json>(*found[0]);
}

void keys(const Call& call) {
  auto part = document_or_part(call);
  if (!part || !part->is_object()) return;
  Json names = Json::array();
  for (auto it = part->begin(); it != part->end(); ++it) names.push_back(it.key());
  give_json(call, names);
}

void json_length(const Call& call) {
  if (auto part = document_or_part(call))
    call.result(static_cast<int64_t>(part->is_structured() ? part->size() : 1));
}

int64_t depth_of(const Json& json) {
  int64_t deepest = 0;
  if (json.is_structured()) {
    for (const Json& child : json) deepest = std::max(deepest, depth_of(child));
  }
  return deepest + 1;
}

void depth(const Call& call) {
  if (auto document = json_of(call, 0)) call.result(depth_of(*document));
}

void type(const Call& call) {
  auto document = json_of(call, 0);
  if (!document) return;
  if (document->is_object()) return call.result("OBJECT");
  if (document->is_array()) return call.result("ARRAY");
  if (document->is_string()) return call.result("STRING");
  if (document->is_boolean()) return call.result("BOOLEAN");
  if (document->is_null()) return call.result("NULL");
  if (document->is_number_float()) return call.result("DOUBLE");
  if (is_json_decimal(*document)) return call.result("DECIMAL");
  bool large = document->is_number_unsigned() && document->get<uint64_t>() > INT64_MAX;
  call.result(large ? "UNSIGNED INTEGER" : "INTEGER");
}

void json_valid(const Call& call) {
  Value value = call.value(0);
  bool text = value.kind == Kind::kText || value.kind == Kind::kJson;
  call.result(text && parse_json(value.text).has_value());
}

void pretty(const Call& call) {
  if (auto document = json_of(call, 0)) call.result(json_pretty(*document));
}

struct Search {
  std::string pattern;
  char32_t escape;
  bool all;
  Json paths = Json::array();
};

void search_in(const Json& json, const std::string& path, Search* search) {
  if (!search->all && !search->paths.empty()) return;
  if (json.is_object()) {
    for (auto it = json.begin(); it != json.end(); ++it)
      search_in(it.value(), path + json_path_member(it.key()), search);
  } else if (json.is_array()) {
    for (size_t i = 0; i < json.size(); ++i) search_in(json[i], path + "[" + std::to_string(i) + "]", search);
  } else if (json.is_string() && like(json.get_ref<const std::string&>(), search->pattern, search->escape,
                                      *find_collation("utf8mb4_bin"))) {
    if (std::find(search->paths.begin(), search->paths.end(), Json(path)) == search->paths.end())
      search->paths.push_back(path);
  }
}

// The paths of all values below `json` that `wanted` has, so that a search below a wild path tells each one's
// own.
void search_below(const Json& json, const std::string& path, const std::vector<const Json*>& wanted,
                  Search* search) {
  if (std::find(wanted.begin(), wanted.end(), &json) != wanted.end()) return search_in(json, path, search);
  if (json.is_object()) {
    for (auto it = json.begin(); it != json.end(); ++it)
      search_below(it.value(), path + json_path_member(it.key()), wanted, search);
  } else if (json.is_array()) {
    for (size_t i = 0; i < json.size(); ++i)
      search_below(json[i], path + "[" + std::to_string(i) + "]", wanted, search);
  }
}

// JSON_SEARCH(document, one or all, pattern [, escape [, path]...])
void search_call(const Call& call) {
  if (call.null(0) || call.null(1) || call.null(2)) return;
  auto document = json_of(call, 0);
  if (!document) return;
  auto all = all_of_argument(call, 1);
  if (!all) return;
  Search search{call.text(2), U'\\', *all};
  if (!call.null(3)) {
    std::string escape = call.text(3);
    if (character_count(escape) > 1) return call.fail(1210, "Incorrect arguments to ESCAPE");
    size_t at = 0;
    if (!escape.empty()) search.escape = next_character(escape, &at);
  }
  if (call.count() < 5) search_in(*document, "$", &search);
  for (int i = 4; i < call.count(); ++i) {
    if (call.null(i)) return;
    auto path = json_path_of(call, i, false);
    if (!path) return;
    search_below(*document, "$", json_find(*document, *path), &search);
  }
  if (search.paths.empty()) return;
  give_json(call, search.paths.size() == 1 ? search.paths[0] : search.paths);
}

constexpr const char* kJsonReadGroup = "JSON, reading";

constexpr Function kJsonReadFunctions[] = {
    scalar("json_extract", 2, kAnyCount, kNullIn, json_extract, kJsonReadGroup,
           "what stands at a path, `->`; several as an array"),
    scalar("json_unquote", 1, 1, kNullIn, unquote, kJsonReadGroup, "a JSON string as text"),
    scalar("json_value", 2, 2, kNullIn, value_at, kJsonReadGroup, "a scalar at a path, as text"),
    scalar("json_contains", 2, 3, kNullIn, contains_call, kJsonReadGroup,
           "whether the second is in the first, at a path"),
    scalar("json_contains_path", 3, kAnyCount, kNullIn, contains_path, kJsonReadGroup,
           "whether one or all paths exist"),
    scalar(names::kMemberOf, 2, 2, kNullIn, member_of, kJsonReadGroup, "`value MEMBER OF(array)`"),
    scalar("json_overlaps", 2, 2, kNullIn, overlaps, kJsonReadGroup,
           "whether two have an element or member in common"),
    scalar("json_keys", 1, 2, kNullIn, keys, kJsonReadGroup, "names of an object's members"),
    scalar("json_length", 1, 2, kNullIn, json_length, kJsonReadGroup, "number of elements or members"),
    scalar("json_depth", 1, 1, kNullIn, depth, kJsonReadGroup, "levels"),
    scalar("json_type", 1, 1, kNullIn, type, kJsonReadGroup, "type of a value"),
    scalar("json_valid", 1, 1, kNullIn, json_valid, kJsonReadGroup, "whether a text is JSON"),
    scalar("json_pretty", 1, 1, kNullIn, pretty, kJsonReadGroup, "with line breaks"),
    scalar("json_search", 3, kAnyCount, kPlain, search_call, kJsonReadGroup,
           "paths of strings that match a pattern"),
};

}  // namespace

std::span<const Function> json_read_functions() {
  return kJsonReadFunctions;
}

}  // namespace murmel::functions
