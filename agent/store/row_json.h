// Row images as JSON, for people: conflicts and record dumps. Blobs become {"blob": "<hex>"}, text that is
// not UTF-8 {"text": "<hex>"}, infinities {"real": "inf"}; long values are cut and say so.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "agent/wire/row_reader.h"

namespace murmel::store {

nlohmann::ordered_json row_to_json(const wire::Table& table, std::span<const wire::Value> image);
nlohmann::ordered_json key_to_json(const wire::Table& table, std::span<const wire::Value> image);
nlohmann::ordered_json value_to_json(const wire::Value& value);
std::string json_text(const nlohmann::ordered_json& json);

}  // namespace murmel::store
