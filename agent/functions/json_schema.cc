#include "agent/functions/json_schema.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "agent/functions/collation.h"
#include "agent/functions/json.h"

namespace murmel::functions {
namespace {

constexpr int kStepsMax = 1'000'000;
constexpr int kDepthMax = 400;  // schemas within schemas on the way to one value
constexpr int kReferencesMax = 100;

// One step of a JSON pointer in the fragment of a URI.
std::string pointer_step(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string step = "/";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '~')
      step += "~0";
    else if (c == '/')
      step += "~1";
    else if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
             c == '.' || c == '_')
      step += c;
    else
      step += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return step;
}

// The member of an object, or null.
const OrderedJson* find_member(const OrderedJson& json, std::string_view name) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(std::string(name));
  return found == json.end() ? nullptr : &*found;
}

// A schema and where it stands. Null: anything is as it should be, MySQL's "#" in reports.
struct Schema {
  const OrderedJson* json = nullptr;
  std::string pointer = "#";

  const OrderedJson* operator[](std::string_view keyword) const {
    return json == nullptr ? nullptr : find_member(*json, keyword);
  }
  std::optional<std::uint64_t> number(std::string_view keyword) const {
    const OrderedJson* const found = (*this)[keyword];
    if (found == nullptr || !found->is_number_unsigned()) return std::nullopt;
    return found->get<std::uint64_t>();
  }
  bool flag(std::string_view keyword, bool otherwise) const {
    const OrderedJson* const found = (*this)[keyword];
    return found != nullptr && found->is_boolean() ? found->get<bool>() : otherwise;
  }
  // An array with something in it, or null.
  const OrderedJson* list(std::string_view keyword) const {
    const OrderedJson* const found = (*this)[keyword];
    return found != nullptr && found->is_array() && !found->empty() ? found : nullptr;
  }
};

bool same_value(const OrderedJson& a, const OrderedJson& b) {
  return compare_json(Json(a), Json(b)) == 0;
}

int order_of_numbers(const OrderedJson& a, const OrderedJson& b) {
  return compare_json(Json(a), Json(b));
}

bool is_of_type(const OrderedJson& value, std::string_view type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  return type == "number" && value.is_number();
}

bool is_multiple(const OrderedJson& value, const OrderedJson& of) {
  if (value.is_number_integer() && of.is_number_unsigned()) {
    const std::uint64_t bits = value.get<std::uint64_t>();
    const bool negative = !value.is_number_unsigned() && value.get<std::int64_t>() < 0;
    return (negative ? 0 - bits : bits) % of.get<std::uint64_t>() == 0;
  }
  const double number = std::fabs(value.get<double>()), step = std::fabs(of.get<double>());
  return number - std::floor(number / step) * step <= 0;
}

bool lists(const OrderedJson& list, const std::string& name) {
  return list.is_array() && std::any_of(list.begin(), list.end(), [&](const OrderedJson& each) {
           return each.is_string() && each.get_ref<const std::string&>() == name;
         });
}

class Checker {
 public:
  explicit Checker(const JsonSchema& schema) : whole_(schema) {}

  JsonSchema::Outcome run(const OrderedJson& document) {
    JsonSchema::Outcome outcome;
    const bool good = check(document, resolved({&whole_.root(), "#"}), "#");
    outcome.gave_up = gave_up_;
    if (!good && !gave_up_) outcome.failure = failure_;
    return outcome;
  }

 private:
  bool fail(const std::string& document, const Schema& schema, const char* keyword) {
    failure_ = {document, schema.pointer, keyword};
    return false;
  }

  // What stands below a keyword, behind its references.
  Schema below(const Schema& schema, const OrderedJson* json, const std::string& steps) const {
    return json == nullptr || !json->is_object() ? Schema{} : resolved({json, schema.pointer + steps});
  }

  Schema resolved(Schema schema) const {
    for (int i = 0; i < kReferencesMax; ++i) {
      const OrderedJson* const reference = schema["$ref"];
      if (reference == nullptr || !reference->is_string() || reference->get<std::string>().empty())
        return schema;
      schema = target(reference->get<std::string>());
    }
    return {};
  }

  Schema target(const std::string& reference) const {
    const auto decoded = [&] {
      std::string text;
      for (size_t i = 1; i < reference.size(); ++i) {
        if (reference[i] == '%' && i + 2 < reference.size()) {
          text += static_cast<char>(std::strtol(reference.substr(i + 1, 2).c_str(), nullptr, 16));
          i += 2;
        } else {
          text += reference[i];
        }
      }
      return text;
    }();
    // nlohmann throws where the text is no pointer.
    try {
      const OrderedJson::json_pointer pointer(decoded);
      if (!whole_.root().contains(pointer)) return {};
      const OrderedJson& found = whole_.root().at(pointer);
      return found.is_object() ? Schema{&found, reference} : Schema{};
    } catch (const OrderedJson::exception&) {
      return {};
    }
  }

  // Whether `value` is as `schema` says; what failed is not the report's.
  bool holds(const OrderedJson& value, const Schema& schema) {
    const auto kept = failure_;
    const bool good = check(value, schema, "#");
    failure_ = kept;
    return good;
  }

  bool check(const OrderedJson& value, const Schema& schema, const std::string& where) {
    if (gave_up_ || ++steps_ > kStepsMax || depth_ > kDepthMax) {
      gave_up_ = true;
      return false;
    }
    if (schema.json == nullptr) return true;
    ++depth_;
    const bool good = check_type(value, schema, where) && check_content(value, schema, where) &&
                      check_whole(value, schema, where);
    --depth_;
    return good;
  }

  bool check_type(const OrderedJson& value, const Schema& schema, const std::string& where) {
    const OrderedJson* const type = schema["type"];
    if (type == nullptr) return true;
    const auto fits = [&](const OrderedJson& name) {
      return name.is_string() && is_of_type(value, name.get_ref<const std::string&>());
    };
    const bool good = type->is_array() ? std::any_of(type->begin(), type->end(), fits) : fits(*type);
    return good || fail(where, schema, "type");
  }

  bool check_content(const OrderedJson& value, const Schema& schema, const std::string& where) {
    if (value.is_number()) return check_number(value, schema, where);
    if (value.is_string()) return check_string(value, schema, where);
    if (value.is_object()) return check_object(value, schema, where);
    return !value.is_array() || check_array(value, schema, where);
  }

  bool check_number(const OrderedJson& value, const Schema& schema, const std::string& where) {
    const OrderedJson* const least = schema["minimum"];
    if (least != nullptr && least->is_number()) {
      const int order = order_of_numbers(value, *least);
      if (order < 0 || (order == 0 && schema.flag("exclusiveMinimum", false)))
        return fail(where, schema, "minimum");
    }
    const OrderedJson* const most = schema["maximum"];
    if (most != nullptr && most->is_number()) {
      const int order = order_of_numbers(value, *most);
      if (order > 0 || (order == 0 && schema.flag("exclusiveMaximum", false)))
        return fail(where, schema, "maximum");
    }
    const OrderedJson* const step = schema["multipleOf"];
    if (step == nullptr || !step->is_number() || step->get<double>() <= 0) return true;
    return is_multiple(value, *step) || fail(where, schema, "multipleOf");
  }

  bool check_string(const OrderedJson& value, const Schema& schema, const std::string& where) {
    const std::string& text = value.get_ref<const std::string&>();
    const auto length = static_cast<std::uint64_t>(character_count(text));
    if (length < schema.number("minLength").value_or(0)) return fail(where, schema, "minLength");
    if (length > schema.number("maxLength").value_or(UINT64_MAX)) return fail(where, schema, "maxLength");
    const OrderedJson* const pattern = schema["pattern"];
    if (pattern == nullptr || !pattern->is_string()) return true;
    const SchemaPattern* const wanted = whole_.pattern(pattern->get_ref<const std::string&>());
    return wanted == nullptr || found(*wanted, text) || fail(where, schema, "pattern");
  }

  bool found(const SchemaPattern& pattern, const std::string& text) {
    const std::optional<bool> answer = pattern.found_in(text);
    gave_up_ = gave_up_ || !answer;
    return answer.value_or(false);
  }

  bool check_array(const OrderedJson& value, const Schema& schema, const std::string& where) {
    const OrderedJson* const items = schema["items"];
    const OrderedJson* const more = schema["additionalItems"];
    const bool unique = schema.flag("uniqueItems", false);
    for (size_t i = 0; i < value.size(); ++i) {
      const std::string place = where + "/" + std::to_string(i);
      Schema item = below(schema, items, "/items");
      if (items != nullptr && items->is_array()) {
        const bool listed = i < items->size();
        if (!listed && more != nullptr && more->is_boolean() && !more->get<bool>())
          return fail(place, schema, "items");
        item = listed ? below(schema, &(*items)[i], "/items/" + std::to_string(i))
                      : below(schema, more, "/additionalItems");
      }
      if (!check(value[i], item, place)) return false;
      for (size_t k = 0; unique && k < i; ++k) {
        if (++steps_ > kStepsMax) return gave_up_ = true, false;
        if (same_value(value[k], value[i])) return fail(place, schema, "uniqueItems");
      }
    }
    if (value.size() < schema.number("minItems").value_or(0)) return fail(where, schema, "minItems");
    return value.size() <= schema.number("maxItems").value_or(UINT64_MAX) || fail(where, schema, "maxItems");
  }

  bool check_object(const OrderedJson& value, const Schema& schema, const std::string& where) {
    for (auto it = value.begin(); it != value.end(); ++it) {
      if (!check_member(it.key(), it.value(), schema, where + pointer_step(it.key()))) return false;
    }
    if (const OrderedJson* const required = schema["required"]; required != nullptr && required->is_array()) {
      for (const OrderedJson& name : *required) {
        if (name.is_string() && !value.contains(name.get<std::string>()))
          return fail(where, schema, "required");
      }
    }
    if (value.size() < schema.number("minProperties").value_or(0))
      return fail(where, schema, "minProperties");
    if (value.size() > schema.number("maxProperties").value_or(UINT64_MAX))
      return fail(where, schema, "maxProperties");
    return has_dependencies(value, schema) || fail(where, schema, "dependencies");
  }

  // For MySQL, names in `required` and `dependencies` are properties, too.
  static bool is_property(const std::string& name, const Schema& schema) {
    const OrderedJson* const properties = schema["properties"];
    if (properties != nullptr && find_member(*properties, name) != nullptr) return true;
    const OrderedJson* const required = schema["required"];
    if (required != nullptr && lists(*required, name)) return true;
    const OrderedJson* const dependencies = schema["dependencies"];
    if (dependencies == nullptr || !dependencies->is_object()) return false;
    return find_member(*dependencies, name) != nullptr ||
           std::any_of(dependencies->begin(), dependencies->end(),
                       [&](const OrderedJson& list) { return lists(list, name); });
  }

  bool check_member(const std::string& name, const OrderedJson& value, const Schema& schema,
                    const std::string& where) {
    const std::vector<Schema> matching = by_pattern(name, schema);
    const auto matches = [&] {
      return std::all_of(matching.begin(), matching.end(),
                         [&](const Schema& each) { return holds(value, each); });
    };
    const OrderedJson* const more = schema["additionalProperties"];
    if (is_property(name, schema)) {
      const OrderedJson* const properties = schema["properties"];
      const Schema own = below(schema, properties == nullptr ? nullptr : find_member(*properties, name),
                               "/properties" + pointer_step(name));
      if (matching.empty()) return check(value, own, where);
      return (matches() && holds(value, own)) || fail(where, {}, "patternProperties");
    }
    if (more != nullptr && more->is_object()) {
      const Schema own = below(schema, more, "/additionalProperties");
      if (matching.empty()) return check(value, own, where);
      return matches() || holds(value, own) || fail(where, {}, "patternProperties");
    }
    if (!matching.empty()) return matches() || fail(where, {}, "patternProperties");
    return schema.flag("additionalProperties", true) || fail(where, schema, "additionalProperties");
  }

  std::vector<Schema> by_pattern(const std::string& name, const Schema& schema) {
    std::vector<Schema> matching;
    const OrderedJson* const patterns = schema["patternProperties"];
    if (patterns == nullptr || !patterns->is_object()) return matching;
    for (auto it = patterns->begin(); it != patterns->end(); ++it) {
      const SchemaPattern* const pattern = whole_.pattern(it.key());
      if (pattern != nullptr && found(*pattern, name))
        matching.push_back(below(schema, &it.value(), "/patternProperties" + pointer_step(it.key())));
    }
    return matching;
  }

  bool has_dependencies(const OrderedJson& value, const Schema& schema) {
    const OrderedJson* const dependencies = schema["dependencies"];
    if (dependencies == nullptr || !dependencies->is_object()) return true;
    for (auto it = dependencies->begin(); it != dependencies->end(); ++it) {
      if (!value.contains(it.key())) continue;
      if (it.value().is_array()) {
        for (const OrderedJson& name : it.value()) {
          if (name.is_string() && !value.contains(name.get<std::string>())) return false;
        }
      } else if (!holds(value, below(schema, &it.value(), "/dependencies" + pointer_step(it.key())))) {
        return false;
      }
    }
    return true;
  }

  // How many of the schemas in a list `value` is as, up to two.
  int count_of(const OrderedJson& value, const OrderedJson& list, const Schema& schema,
               const std::string& keyword) {
    int count = 0;
    for (size_t i = 0; i < list.size() && count < 2; ++i) {
      if (holds(value, below(schema, &list[i], "/" + keyword + "/" + std::to_string(i)))) ++count;
    }
    return count;
  }

  bool check_whole(const OrderedJson& value, const Schema& schema, const std::string& where) {
    if (const OrderedJson* const list = schema.list("enum")) {
      if (std::none_of(list->begin(), list->end(),
                       [&](const OrderedJson& each) { return same_value(each, value); }))
        return fail(where, schema, "enum");
    }
    if (const OrderedJson* const list = schema.list("allOf")) {
      for (size_t i = 0; i < list->size(); ++i) {
        if (!holds(value, below(schema, &(*list)[i], "/allOf/" + std::to_string(i))))
          return fail(where, schema, "allOf");
      }
    }
    if (const OrderedJson* const list = schema.list("anyOf")) {
      if (count_of(value, *list, schema, "anyOf") == 0) return fail(where, schema, "anyOf");
    }
    if (const OrderedJson* const list = schema.list("oneOf")) {
      if (count_of(value, *list, schema, "oneOf") != 1) return fail(where, schema, "oneOf");
    }
    const OrderedJson* const no = schema["not"];
    if (no == nullptr || !no->is_object()) return true;
    return !holds(value, below(schema, no, "/not")) || fail(where, schema, "not");
  }

  const JsonSchema& whole_;
  SchemaFailure failure_;
  int steps_ = 0, depth_ = 0;
  bool gave_up_ = false;
};

bool leads_out(const OrderedJson& json) {
  const OrderedJson* const reference = find_member(json, "$ref");
  if (reference != nullptr && reference->is_string()) {
    const std::string& text = reference->get_ref<const std::string&>();
    if (!text.empty() && text[0] != '#') return true;
  }
  return json.is_structured() && std::any_of(json.begin(), json.end(), leads_out);
}

}  // namespace

std::string reason_of(const SchemaFailure& failure) {
  return "The JSON document location '" + failure.document_location + "' failed requirement '" +
         failure.keyword + "' at JSON Schema location '" + failure.schema_location + "'";
}

bool JsonSchema::has_remote_reference() const {
  return leads_out(root_);
}

JsonSchema::Outcome JsonSchema::check(const OrderedJson& document) const {
  return Checker(*this).run(document);
}

const SchemaPattern* JsonSchema::pattern(const std::string& text) const {
  const SchemaPattern& pattern = patterns_.try_emplace(text, text).first->second;
  return pattern.valid() ? &pattern : nullptr;
}

}  // namespace murmel::functions
