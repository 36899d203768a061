#include "agent/session/global_variables.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

namespace murmel::session {

GlobalVariables::GlobalVariables(Values host, std::string file)
    : host_(std::move(host)), file_(std::move(file)) {}

// A line a variable: name=value. No value has a line's end in it.
Status GlobalVariables::read_file() {
  if (file_.empty() || !std::filesystem::exists(file_)) return Ok{};
  std::ifstream in(file_);
  const std::lock_guard lock(mutex_);
  for (std::string line; std::getline(in, line);) {
    const std::size_t sign = line.find('=');
    if (sign == std::string::npos) continue;
    persisted_[line.substr(0, sign)] = line.substr(sign + 1);
  }
  if (in.bad()) return Error{ErrorCode::kIo, "can't read " + file_};
  for (const auto& [name, value] : persisted_) set_[name] = value;
  return Ok{};
}

std::optional<std::string> GlobalVariables::find(std::string_view name) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = set_.find(name); found != set_.end()) return found->second;
  }
  const auto found = host_.find(name);
  return found != host_.end() ? std::optional(found->second) : std::nullopt;
}

GlobalVariables::Values GlobalVariables::all() const {
  const std::lock_guard lock(mutex_);
  Values values = set_;
  values.insert(host_.begin(), host_.end());
  return values;
}

void GlobalVariables::set(std::string_view name, std::optional<std::string> value) {
  const std::lock_guard lock(mutex_);
  if (value.has_value()) {
    set_.insert_or_assign(std::string(name), std::move(*value));
  } else if (const auto found = set_.find(name); found != set_.end()) {
    set_.erase(found);
  }
}

// The new file takes the old one's place as a whole.
Status GlobalVariables::persist(std::string_view name, std::optional<std::string> value) {
  const std::lock_guard lock(mutex_);
  Values wanted = persisted_;
  if (value.has_value()) {
    wanted.insert_or_assign(std::string(name), std::move(*value));
  } else if (const auto found = wanted.find(name); found != wanted.end()) {
    wanted.erase(found);
  }
  const std::string fresh = file_ + ".new";
  std::ofstream out(fresh, std::ios::trunc);
  for (const auto& [kept, text] : wanted) out << kept << '=' << text << '\n';
  out.close();
  if (!out || std::rename(fresh.c_str(), file_.c_str()) != 0) {
    return Error{ErrorCode::kIo, "can't write " + file_};
  }
  persisted_ = std::move(wanted);
  return Ok{};
}

}  // namespace murmel::session
