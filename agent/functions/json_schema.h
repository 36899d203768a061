// Documents held against a JSON schema of draft 4, with MySQL 8's keywords, order and report: what fails
// first is told, members in the order of the document's text. References within the schema
// ("#/definitions/a") are followed. What MySQL passes over (keywords with values of another type, patterns
// that are none, references to nothing) is passed over here. Thread rule: a value; one thread at a time.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "agent/functions/schema_pattern.h"

namespace murmel::functions {

// A document whose members stay in the order of its text.
using OrderedJson = nlohmann::ordered_json;

// Where a document is not what the schema asks for, as MySQL reports it.
struct SchemaFailure {
  std::string document_location;  // "#/latitude"
  std::string schema_location;    // "#/properties/latitude"
  std::string keyword;            // "minimum"
};

// "The JSON document location '...' failed requirement '...' at JSON Schema location '...'"
std::string reason_of(const SchemaFailure& failure);

class JsonSchema {
 public:
  explicit JsonSchema(OrderedJson root) : root_(std::move(root)) {}

  bool is_object() const { return root_.is_object(); }
  // Whether a $ref leads out of the schema, which MySQL refuses.
  bool has_remote_reference() const;

  struct Outcome {
    std::optional<SchemaFailure> failure;  // the first one
    bool gave_up = false;                  // it takes too long, as where references lead in a circle
  };
  Outcome check(const OrderedJson& document) const;

  // Null: MySQL would pass over it.
  const SchemaPattern* pattern(const std::string& text) const;
  const OrderedJson& root() const { return root_; }

 private:
  OrderedJson root_;
  mutable std::map<std::string, SchemaPattern, std::less<>> patterns_;
};

}  // namespace murmel::functions
