// JSON functions that tell about whole documents: whether they are what a schema says, and the bytes that
// MySQL's binary JSON would take for them.
#include <memory>

#include "agent/functions/groups.h"
#include "agent/functions/json.h"
#include "agent/functions/json_schema.h"

namespace murmel::functions {
namespace {

void drop_schema(void* made) {
  delete static_cast<JsonSchema*>(made);
}

// The schema in argument 0, which is read once if it is constant. Null: the statement has ended.
const JsonSchema* schema_of(const Call& call, std::unique_ptr<JsonSchema>* made) {
  if (void* const kept = call.kept(0)) return static_cast<JsonSchema*>(kept);
  if (!json_of(call, 0)) return nullptr;
  *made = std::make_unique<JsonSchema>(OrderedJson::parse(call.value(0).text, nullptr, false));
  const std::string name = call.function().name;
  if (!(*made)->is_object()) {
    call.fail(3853, "Invalid JSON type in argument 1 to function " + name + "; an object is required.");
    return nullptr;
  }
  if ((*made)->has_remote_reference()) {
    call.fail(1235, "This version of MySQL doesn't yet support 'references in JSON Schema'");
    return nullptr;
  }
  return made->get();
}

// Nothing: the statement has ended.
std::optional<JsonSchema::Outcome> outcome_of(const Call& call) {
  std::unique_ptr<JsonSchema> made;
  const JsonSchema* const schema = schema_of(call, &made);
  if (schema == nullptr || !json_of(call, 1)) return std::nullopt;
  JsonSchema::Outcome outcome = schema->check(OrderedJson::parse(call.value(1).text, nullptr, false));
  if (outcome.gave_up) {
    call.fail(1235, "This version of MySQL doesn't yet support 'JSON schemas that take so many steps'");
    return std::nullopt;
  }
  if (made != nullptr) call.keep(0, made.release(), drop_schema);
  return outcome;
}

void schema_valid(const Call& call) {
  if (const auto outcome = outcome_of(call)) call.result(!outcome->failure.has_value());
}

void validation_report(const Call& call) {
  const auto outcome = outcome_of(call);
  if (!outcome) return;
  Json report = {{"valid", !outcome->failure.has_value()}};
  if (outcome->failure) {
    report["reason"] = reason_of(*outcome->failure);
    report["schema-location"] = outcome->failure->schema_location;
    report["document-location"] = outcome->failure->document_location;
    report["schema-failed-keyword"] = outcome->failure->keyword;
  }
  give_json(call, report);
}

// Sizes of dev.mysql.com, json_binary.h: a container of up to 64 KiB has offsets of two bytes, a larger one
// of four.
constexpr size_t kSmallMax = 65535;

size_t length_bytes(size_t length) {
  size_t bytes = 1;
  while (length >>= 7) ++bytes;
  return bytes;
}

// Bytes behind the entry of a value, none where the entry holds it itself.
size_t value_bytes(const Json& json, bool large);

size_t container_bytes(const Json& json, bool large) {
  const size_t offset = large ? 4 : 2, value_entry = 1 + offset, key_entry = offset + 2;
  size_t bytes = 2 * offset + json.size() * (value_entry + (json.is_object() ? key_entry : 0));
  for (auto it = json.begin(); it != json.end(); ++it)
    bytes += value_bytes(it.value(), large) + (json.is_object() ? it.key().size() : 0);
  return bytes;
}

size_t container_bytes(const Json& json) {
  const size_t small = container_bytes(json, false);
  return small <= kSmallMax ? small : container_bytes(json, true);
}

size_t integer_bytes(const Json& json) {
  if (json.is_number_unsigned() && json.get<uint64_t>() > INT64_MAX) return 8;
  const int64_t value = json.get<int64_t>();
  if (value >= INT16_MIN && value <= INT16_MAX) return 2;
  return value >= INT32_MIN && value <= INT32_MAX ? 4 : 8;
}

// Digits are kept in groups of nine, before and behind the point.
size_t decimal_bytes(const Decimal& value) {
  constexpr size_t kGroup = 9, kGroupBytes = 4;
  const auto bytes_of = [](int digits) {
    const auto count = static_cast<size_t>(digits);
    return count / kGroup * kGroupBytes + (count % kGroup + 1) / 2;
  };
  return 2 + bytes_of(value.integer_digits()) + bytes_of(value.scale());  // with precision and scale
}

size_t scalar_bytes(const Json& json) {
  if (is_json_decimal(json)) {
    const size_t bytes = decimal_bytes(decimal_of_json(json));
    return 1 + length_bytes(bytes) + bytes;  // with its type
  }
  if (json.is_null() || json.is_boolean()) return 1;
  if (json.is_number_float()) return 8;
  if (json.is_number()) return integer_bytes(json);
  const size_t length = json.get_ref<const std::string&>().size();
  return length_bytes(length) + length;
}

size_t value_bytes(const Json& json, bool large) {
  if (json.is_structured()) return container_bytes(json);
  const size_t bytes = scalar_bytes(json);
  const bool in_entry = json.is_null() || json.is_boolean() ||
                        (json.is_number_integer() && bytes <= (large ? size_t{4} : size_t{2}));
  return in_entry ? 0 : bytes;
}

void storage_size(const Call& call) {
  const auto document = json_of(call, 0);
  if (!document) return;
  const size_t bytes = document->is_structured() ? container_bytes(*document) : scalar_bytes(*document);
  call.result(static_cast<int64_t>(1 + bytes));
}

// Documents are never changed in part here, so nothing of one is free.
void storage_free(const Call& call) {
  if (json_of(call, 0)) call.result(0);
}

constexpr const char* kJsonAboutGroup = "JSON, about documents";

constexpr Function kJsonAboutFunctions[] = {
    scalar("json_schema_valid", 2, 2, kNullIn, schema_valid, kJsonAboutGroup,
           "whether a document is as a schema of draft 4 says: (schema, document)"),
    scalar("json_schema_validation_report", 2, 2, kNullIn, validation_report, kJsonAboutGroup,
           "what it fails at first: (schema, document)"),
    scalar("json_storage_size", 1, 1, kNullIn, storage_size, kJsonAboutGroup,
           "bytes of the document in MySQL's binary form"),
    scalar("json_storage_free", 1, 1, kNullIn, storage_free, kJsonAboutGroup,
           "0: documents are never changed in part"),
};

}  // namespace

std::span<const Function> json_about_functions() {
  return kJsonAboutFunctions;
}

}  // namespace murmel::functions
