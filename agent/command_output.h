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

}  // namespace murmel
