// The agent's JSON answers as text for people. Pure. A member that is missing or of another type raises
// nlohmann's exception, which commands.cc turns into a sentence.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace murmel {

std::string show_status(const nlohmann::json& answer);
std::string show_members(const nlohmann::json& answer);
std::string show_verify(const nlohmann::json& answer);
std::string show_conflicts(const nlohmann::json& answer);
std::string show_quarantine(const nlohmann::json& answer);
std::string show_log(const nlohmann::json& answer);
// `diff`: what is not the same on all nodes, instead of the schema as it is on the node that was asked.
std::string show_schema(const nlohmann::json& answer, bool diff);
std::string show_databases(const nlohmann::json& answer);
std::string show_schema_repair(const nlohmann::json& answer);
// Whether all nodes have the same schema and rows after it.
bool schema_repaired(const nlohmann::json& answer);

}  // namespace murmel
