#include "agent/functions/json.h"

#include <array>
#include <cstdio>
#include <vector>

#include "agent/functions/registry.h"

namespace murmel::functions {
namespace {

// Deepest nesting, without looking at anything else.
int depth_of(std::string_view text) {
  int depth = 0, deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

std::string double_as_json(double value) {
  std::string text = double_text(value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string scalar_text(const Json& json) {
  switch (json.type()) {
    case Json::value_t::string: return json_quoted(json.get_ref<const std::string&>());
    case Json::value_t::boolean: return json.get<bool>() ? "true" : "false";
    case Json::value_t::number_integer: return std::to_string(json.get<int64_t>());
    case Json::value_t::number_unsigned: return std::to_string(json.get<uint64_t>());
    case Json::value_t::number_float: return double_as_json(json.get<double>());
    case Json::value_t::binary: return decimal_of_json(json).to_string();
    case Json::value_t::null:
    case Json::value_t::object:
    case Json::value_t::array:
    case Json::value_t::discarded: break;
  }
  return "null";
}

// Order of types: a greater number is greater whatever the values are.
int rank(const Json& json) {
  if (json.is_null()) return 0;
  if (json.is_number() || is_json_decimal(json)) return 1;
  if (json.is_string()) return 2;
  if (json.is_object()) return 3;
  return json.is_array() ? 4 : 5;
}

Decimal exact_number(const Json& number) {
  if (is_json_decimal(number)) return decimal_of_json(number);
  if (number.is_number_float()) return Decimal::of_double(number.get<double>()).value_or(Decimal());
  return number.is_number_unsigned() ? Decimal::of_unsigned(number.get<uint64_t>())
                                     : Decimal::of(number.get<int64_t>());
}

int compare_json_numbers(const Json& a, const Json& b) {
  const auto real = [](const Json& n) {
    return is_json_decimal(n) ? decimal_of_json(n).to_double() : n.get<double>();
  };
  if (a.is_number_float() || b.is_number_float()) {
    double left = real(a), right = real(b);
    return left < right ? -1 : left > right ? 1 : 0;
  }
  return exact_number(a).compare(exact_number(b));
}

// A text that was made here, in which DECIMALs are told by their digits.
struct TreeOfOwn final : nlohmann::json_sax<Json> {
  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t& text) override {
    const bool plain = text.find_first_of("eE") == std::string::npos;
    return plain && double_as_json(value) != text ? put(json_decimal(Decimal::parse(text, &used)))
                                                  : put(value);
  }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& value) override {
    name = std::move(value);
    return true;
  }
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  Json root;

 private:
  bool put(Json value) {
    place(std::move(value));
    return true;
  }
  Json* place(Json value) {
    if (within.empty()) return &(root = std::move(value));
    Json& parent = *within.back();
    if (parent.is_object()) return &(parent[name] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }
  bool open(Json value) {
    within.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    within.pop_back();
    return true;
  }

  std::vector<Json*> within;  // objects and arrays that have begun
  std::string name;
  size_t used = 0;
};

int compare_sizes(size_t a, size_t b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// Ends before any text that it begins, whatever comes behind: no byte of the key follows an end with 0xff.
void append_text_key(std::string_view text, std::string* key) {
  for (const char c : text) {
    *key += c;
    if (c == '\0') *key += '\xff';
  }
  *key += '\0';
}

void append_sort_key(const Json& json, std::string* key) {
  *key += static_cast<char>(1 + rank(json));
  if (rank(json) == 1) {
    *key += exact_number(json).sort_key();
  } else if (json.is_string()) {
    append_text_key(json.get_ref<const std::string&>(), key);
  } else if (json.is_boolean()) {
    *key += json.get<bool>() ? '\1' : '\0';
  } else if (json.is_array()) {
    for (const Json& element : json) append_sort_key(element, key);
    *key += '\0';
  } else if (json.is_object()) {
    for (int shift = 24; shift >= 0; shift -= 8) *key += static_cast<char>(json.size() >> shift & 0xffU);
    for (auto it = json.begin(); it != json.end(); ++it) {
      append_text_key(it.key(), key);
      append_sort_key(it.value(), key);
    }
  }
}

}  // namespace

std::optional<Json> parse_json(std::string_view text, bool made_here) {
  if (depth_of(text) > kJsonDepthMax) return std::nullopt;
  if (made_here) {
    TreeOfOwn tree;
    if (!Json::sax_parse(text.begin(), text.end(), &tree)) return std::nullopt;
    return std::move(tree.root);
  }
  Json parsed = Json::parse(text.begin(), text.end(), nullptr, false);
  if (parsed.is_discarded()) return std::nullopt;
  return parsed;
}

Json json_decimal(const Decimal& value) {
  const std::string text = value.to_string();
  return Json::binary({text.begin(), text.end()});
}

Decimal decimal_of_json(const Json& json) {
  const auto& bytes = json.get_binary();
  size_t used = 0;
  return Decimal::parse(std::string(bytes.begin(), bytes.end()), &used);
}

std::string json_text(const Json& json) {
  std::string text;
  if (json.is_array()) {
    for (const Json& element : json) text += (text.empty() ? "" : ", ") + json_text(element);
    return "[" + text + "]";
  }
  if (!json.is_object()) return scalar_text(json);
  for (auto it = json.begin(); it != json.end(); ++it) {
    text += (text.empty() ? "" : ", ") + json_quoted(it.key()) + ": " + json_text(it.value());
  }
  return "{" + text + "}";
}

std::string json_pretty(const Json& json, int indent) {
  if (!json.is_structured()) return scalar_text(json);
  if (json.empty()) return json.is_array() ? "[]" : "{}";
  std::string inner(static_cast<size_t>(indent + 1) * 2, ' '), text;
  for (auto it = json.begin(); it != json.end(); ++it) {
    if (!text.empty()) text += ",";
    text += "\n" + inner;
    if (json.is_object()) text += json_quoted(it.key()) + ": ";
    text += json_pretty(it.value(), indent + 1);
  }
  text += "\n" + std::string(static_cast<size_t>(indent) * 2, ' ');
  return json.is_array() ? "[" + text + "]" : "{" + text + "}";
}

std::string json_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    switch (c) {
      case '"': quoted += "\\\""; break;
      case '\\': quoted += "\\\\"; break;
      case '\b': quoted += "\\b"; break;
      case '\f': quoted += "\\f"; break;
      case '\n': quoted += "\\n"; break;
      case '\r': quoted += "\\r"; break;
      case '\t': quoted += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          std::array<char, 8> escape;
          std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
          quoted += escape.data();
        } else {
          quoted += c;
        }
    }
  }
  return quoted + "\"";
}

int compare_json(const Json& a, const Json& b) {
  if (rank(a) != rank(b)) return rank(a) < rank(b) ? -1 : 1;
  if (rank(a) == 1) return compare_json_numbers(a, b);
  if (a.is_string()) return a.get_ref<const std::string&>().compare(b.get_ref<const std::string&>());
  if (a.is_boolean()) return static_cast<int>(a.get<bool>()) - static_cast<int>(b.get<bool>());
  if (a.is_array()) {
    for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
      if (int order = compare_json(a[i], b[i])) return order;
    }
    return compare_sizes(a.size(), b.size());
  }
  if (!a.is_object()) return 0;
  if (int order = compare_sizes(a.size(), b.size())) return order;
  for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y) {
    if (int order = x.key().compare(y.key())) return order;
    if (int order = compare_json(x.value(), y.value())) return order;
  }
  return 0;
}

std::string json_sort_key(const Json& json) {
  std::string key;
  append_sort_key(json, &key);
  return key;
}

int compare_with_json(const Value& a, const Value& b) {
  return compare_json(json_element(a), json_element(b));
}

std::optional<Json> json_of(const Call& call, int index, bool cast) {
  if (call.null(index)) return std::nullopt;
  Value value = call.value(index);
  std::string where = cast ? "cast_as_json" : call.function().name;
  if (cast && !value.is_text() && value.kind != Kind::kJson) return json_element(value);
  if (value.kind != Kind::kText && value.kind != Kind::kJson) {
    call.fail(3146, "Invalid data type for JSON data in argument " + std::to_string(index + 1) +
                        " to function " + where + "; a JSON string or JSON type is required.");
    return std::nullopt;
  }
  auto parsed = parse_json(value.text, value.kind == Kind::kJson);
  if (!parsed && depth_of(value.text) > kJsonDepthMax) {
    call.fail(3157, "The JSON document exceeds the maximum depth.");
  } else if (!parsed) {
    call.fail(3141, "Invalid JSON text in argument " + std::to_string(index + 1) + " to function " + where +
                        ": \"Invalid value.\" at position 0.");
  }
  return parsed;
}

Json json_element(const Value& value) {
  switch (value.kind) {
    case Kind::kNull: return nullptr;
    case Kind::kInteger:
    case Kind::kYear: return value.integer;
    case Kind::kUnsigned:
    case Kind::kBit: return value.bits();
    case Kind::kDouble: return value.real;
    case Kind::kDecimal: return json_decimal(value.decimal);
    case Kind::kJson: return parse_json(value.text, true).value_or(Json());
    case Kind::kText:
    case Kind::kDate:
    case Kind::kBinary: return value.text;
    // JSON keeps six digits of the fraction.
    case Kind::kDateTime:
    case Kind::kTime: {
      size_t point = value.text.find('.');
      std::string text = point == std::string::npos ? value.text + "." : value.text;
      point = text.find('.');
      return text + std::string(6 - std::min<size_t>(6, text.size() - point - 1), '0');
    }
  }
  return nullptr;
}

void give_json(const Call& call, const Json& json) {
  std::string text = json_text(json);
  if (depth_of(text) > kJsonDepthMax) return call.fail(3157, "The JSON document exceeds the maximum depth.");
  call.result(Value::of_text(std::move(text), Kind::kJson));
}

}  // namespace murmel::functions
