// JSON functions that make or change documents.
#include "agent/functions/groups.h"
#include "agent/functions/json.h"
#include "agent/functions/json_path.h"

namespace murmel::functions {
namespace {

void array(const Call& call) {
  Json made = Json::array();
  for (int i = 0; i < call.count(); ++i) made.push_back(json_element(call.value(i)));
  give_json(call, made);
}

void object(const Call& call) {
  if (call.count() % 2 != 0)
    return call.fail(1582, "Incorrect parameter count in the call to native function 'json_object'");
  Json made = Json::object();
  for (int i = 0; i < call.count(); i += 2) {
    if (call.null(i)) return call.fail(3158, "JSON documents may not contain NULL member names.");
    made[call.text(i)] = json_element(call.value(i + 1));
  }
  give_json(call, made);
}

void json_quote(const Call& call) {
  call.result(json_quoted(call.text(0)));
}

enum class Change { kSet, kInsert, kReplace };

// Puts `value` where the last step of the path says, below `parent`, which has nothing there yet.
void add_below(Json* parent, const JsonStep& step, const Json& value) {
  if (step.kind == JsonStep::Kind::kMember) {
    if (parent->is_object()) (*parent)[step.key] = value;
    return;
  }
  // What is no array becomes one.
  if (!parent->is_array()) *parent = Json::array({*parent});
  if (step.first.from_last)
    parent->insert(parent->begin(), value);
  else
    parent->push_back(value);
}

template <Change change>
void change_call(const Call& call) {
  if (call.count() % 2 == 0) {
    return call.fail(1582, std::string("Incorrect parameter count in the call to native function '") +
                               call.function().name + "'");
  }
  for (int i = 1; i < call.count(); i += 2) {
    if (call.null(i)) return;
  }
  auto document = json_of(call, 0);
  if (!document) return;
  for (int i = 1; i < call.count(); i += 2) {
    auto path = json_path_of(call, i, true);
    if (!path) return;
    Json value = json_element(call.value(i + 1));
    size_t steps = path->steps.size();
    if (Json* found = json_at(&*document, *path, steps)) {
      if (change != Change::kInsert) *found = value;
    } else if (Json* parent = json_at(&*document, *path, steps - 1);
               parent != nullptr && change != Change::kReplace) {
      add_below(parent, path->steps.back(), value);
    }
  }
  give_json(call, *document);
}

void remove(const Call& call) {
  auto document = json_of(call, 0);
  if (!document) return;
  for (int i = 1; i < call.count(); ++i) {
    auto path = json_path_of(call, i, true);
    if (!path) return;
    if (path->steps.empty())
      return call.fail(3153, "The path expression '$' is not allowed in this context.");
    Json* parent = json_at(&*document, *path, path->steps.size() - 1);
    if (parent == nullptr) continue;
    const JsonStep& step = path->steps.back();
    if (step.kind == JsonStep::Kind::kMember) {
      if (parent->is_object()) parent->erase(step.key);
    } else if (parent->is_array()) {
      auto index = step.first.in(parent->size());
      if (index && *index < parent->size()) parent->erase(*index);
    }
  }
  give_json(call, *document);
}

void array_append(const Call& call) {
  if (call.null(0)) return;
  auto document = json_of(call, 0);
  if (!document) return;
  for (int i = 1; i + 1 < call.count(); i += 2) {
    if (call.null(i)) return;
    auto path = json_path_of(call, i, true);
    if (!path) return;
    Json* found = json_at(&*document, *path, path->steps.size());
    if (found == nullptr) continue;
    if (!found->is_array()) *found = Json::array({*found});
    found->push_back(json_element(call.value(i + 1)));
  }
  give_json(call, *document);
}

void array_insert(const Call& call) {
  if (call.null(0)) return;
  auto document = json_of(call, 0);
  if (!document) return;
  for (int i = 1; i + 1 < call.count(); i += 2) {
    if (call.null(i)) return;
    auto path = json_path_of(call, i, true);
    if (!path) return;
    if (path->steps.empty() || path->steps.back().kind != JsonStep::Kind::kCells) {
      return call.fail(3165, "A path expression is not a path to a cell in an array.");
    }
    Json* parent = json_at(&*document, *path, path->steps.size() - 1);
    if (parent == nullptr || !parent->is_array()) continue;
    size_t index = std::min(path->steps.back().first.in(parent->size()).value_or(0), parent->size());
    parent->insert(parent->begin() + static_cast<std::ptrdiff_t>(index), json_element(call.value(i + 1)));
  }
  give_json(call, *document);
}

Json merged(const Json& a, const Json& b) {
  if (a.is_object() && b.is_object()) {
    Json both = a;
    for (auto it = b.begin(); it != b.end(); ++it) {
      auto own = both.find(it.key());
      if (own == both.end())
        both[it.key()] = it.value();
      else
        *own = merged(*own, it.value());
    }
    return both;
  }
  Json all = a.is_array() ? a : Json::array({a});
  if (!b.is_array())
    all.push_back(b);
  else
    all.insert(all.end(), b.begin(), b.end());
  return all;
}

void merge_preserve(const Call& call) {
  auto all = json_of(call, 0);
  for (int i = 1; all && i < call.count(); ++i) {
    auto next = json_of(call, i);
    if (!next) return;
    all = merged(*all, *next);
  }
  if (all) give_json(call, *all);
}

// RFC 7396. A NULL argument makes the result unknown, until a later one that is no object decides it alone.
void merge_patch(const Call& call) {
  std::optional<Json> all;
  bool known = true;
  for (int i = 0; i < call.count(); ++i) {
    if (call.null(i)) {
      known = false;
      continue;
    }
    auto next = json_of(call, i);
    if (!next) return;
    if (!next->is_object()) known = true;
    if (!all || !next->is_object())
      all = *next;
    else
      all->merge_patch(*next);
  }
  if (known && all) give_json(call, *all);
}

constexpr const char* kJsonWriteGroup = "JSON, making and changing";

constexpr Function kJsonWriteFunctions[] = {
    scalar("json_array", 0, kAnyCount, kPlain, array, kJsonWriteGroup, "an array of the arguments"),
    scalar("json_object", 0, kAnyCount, kPlain, object, kJsonWriteGroup, "an object of names and values"),
    scalar("json_quote", 1, 1, kNullIn, json_quote, kJsonWriteGroup, "a text as a JSON string"),
    scalar("json_set", 3, kAnyCount, kPlain, change_call<Change::kSet>, kJsonWriteGroup,
           "replaces or adds at paths"),
    scalar("json_insert", 3, kAnyCount, kPlain, change_call<Change::kInsert>, kJsonWriteGroup,
           "adds at paths that do not exist"),
    scalar("json_replace", 3, kAnyCount, kPlain, change_call<Change::kReplace>, kJsonWriteGroup,
           "replaces at paths that exist"),
    scalar("json_remove", 2, kAnyCount, kNullIn, remove, kJsonWriteGroup, "removes what stands at paths"),
    scalar("json_array_append", 3, kAnyCount, kPlain, array_append, kJsonWriteGroup,
           "adds to the end of arrays"),
    scalar("json_array_insert", 3, kAnyCount, kPlain, array_insert, kJsonWriteGroup, "adds within arrays"),
    scalar("json_merge_preserve", 2, kAnyCount, kNullIn, merge_preserve, kJsonWriteGroup,
           "all in one, values of the same name as arrays"),
    scalar("json_merge", 2, kAnyCount, kNullIn, merge_preserve, kJsonWriteGroup, "as json_merge_preserve"),
    scalar("json_merge_patch", 2, kAnyCount, kPlain, merge_patch, kJsonWriteGroup, "by RFC 7396"),
};

}  // namespace

std::span<const Function> json_write_functions() {
  return kJsonWriteFunctions;
}

}  // namespace murmel::functions
