// Aggregates that collect: GROUP_CONCAT with order and DISTINCT, JSON_ARRAYAGG, JSON_OBJECTAGG.
#include <algorithm>
#include <deque>
#include <set>

#include "agent/functions/compare.h"
#include "agent/functions/groups.h"
#include "agent/functions/json.h"
#include "agent/functions/names.h"

namespace murmel::functions {
namespace {

// mysql_group_concat(flags, separator, value [, key, direction, collation]...)
class GroupConcat : public Aggregate {
 public:
  void add(const Call& call) override {
    Row row;
    row.null = call.null(2);
    if (!row.null) {
      row.text = call.text(2);
      row.binary = call.binary(2);
      separator_ = call.text(1);
      distinct_ = call.text(0) == "distinct";
    }
    for (int i = 3; i + 2 < call.count(); i += 3) {
      row.keys.push_back({call.value(i), call.text(i + 1) == "desc", find_collation(call.collation(i + 2))});
    }
    rows_.push_back(std::move(row));
  }
  void remove(const Call&) override { rows_.pop_front(); }

  void result(const Call& call) override {
    std::deque<Row> sorted;
    bool binary = false;
    for (const Row& row : rows_) {
      if (row.null) continue;
      binary = binary || row.binary;
      sorted.push_back(row);
    }
    if (sorted.empty()) return;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [&](const Row& a, const Row& b) { return before(a, b, call.session()); });
    const Collation* collation = find_collation(call.session().collation());
    std::set<std::string> seen;
    std::string all;
    bool first = true;
    for (const Row& row : sorted) {
      if (distinct_ &&
          !seen.insert(row.binary || collation == nullptr ? row.text : collation->sort_key(row.text)).second)
        continue;
      if (!first) all += separator_;
      first = false;
      all += row.text;
      if (cut(call, &all)) break;
    }
    call.result_string(std::move(all), binary);
  }

 private:
  struct Key {
    Value value;
    bool descending;
    const Collation* collation;  // null: bytes
  };
  struct Row {
    bool null = false, binary = false;
    std::string text;
    std::vector<Key> keys;
  };

  static bool before(const Row& a, const Row& b, Session& session) {
    for (size_t i = 0; i < a.keys.size() && i < b.keys.size(); ++i) {
      const Key &x = a.keys[i], &y = b.keys[i];
      int order;
      if (x.value.null() || y.value.null())
        order = static_cast<int>(y.value.null()) - static_cast<int>(x.value.null());
      else
        order =
            compare_values(x.value, y.value, x.collation ? *x.collation : *find_collation("binary"), session);
      if (order != 0) return x.descending ? order > 0 : order < 0;
    }
    return false;
  }

  // Ends the text at group_concat_max_len, between characters.
  bool cut(const Call& call, std::string* all) const {
    uint64_t limit = call.session().group_concat_bytes_max();
    if (all->size() <= limit) return false;
    size_t at = 0;
    while (at < all->size()) {
      size_t next = at;
      next_character(*all, &next);
      if (next > limit) break;
      at = next;
    }
    all->resize(at);
    call.warn(1260, "Row " + std::to_string(rows_.size()) + " was cut by GROUP_CONCAT()");
    return true;
  }

  std::deque<Row> rows_;
  std::string separator_;
  bool distinct_ = false;
};

class JsonArrayAggregate : public Aggregate {
 public:
  void add(const Call& call) override { elements_.push_back(json_element(call.value(0))); }
  void remove(const Call&) override { elements_.pop_front(); }
  void result(const Call& call) override {
    if (elements_.empty()) return;
    Json array = Json::array();
    for (const Json& element : elements_) array.push_back(element);
    give_json(call, array);
  }

 private:
  std::deque<Json> elements_;
};

class JsonObjectAggregate : public Aggregate {
 public:
  void add(const Call& call) override {
    if (call.null(0)) return call.fail(3158, "JSON documents may not contain NULL member names.");
    members_.emplace_back(call.text(0), json_element(call.value(1)));
  }
  void remove(const Call&) override { members_.pop_front(); }
  void result(const Call& call) override {
    if (members_.empty()) return;
    Json object = Json::object();
    for (const auto& [key, value] : members_) object[key] = value;
    give_json(call, object);
  }

 private:
  std::deque<std::pair<std::string, Json>> members_;
};

constexpr const char* kGroupConcatGroup = "Aggregates that collect";

constexpr Function kGroupConcatFunctions[] = {
    aggregate<GroupConcat>(names::kGroupConcat, 3, kAnyCount, kGroupConcatGroup,
                           "`GROUP_CONCAT(DISTINCT value ORDER BY key SEPARATOR s)`: (flags, s, value, key, "
                           "direction, collation)"),
    aggregate<JsonArrayAggregate>("json_arrayagg", 1, 1, kGroupConcatGroup, "a JSON array of all values"),
    aggregate<JsonObjectAggregate>("json_objectagg", 2, 2, kGroupConcatGroup,
                                   "a JSON object of keys and values"),
};

}  // namespace

std::span<const Function> collecting_functions() {
  return kGroupConcatFunctions;
}

}  // namespace murmel::functions
