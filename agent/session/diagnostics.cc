#include "agent/session/diagnostics.h"

#include <algorithm>
#include <utility>

namespace murmel::session {
namespace {

constexpr std::size_t kKeptMax = 1'024;

struct State {
  std::uint16_t number;
  const char* sqlstate;
};

// dev.mysql.com, "Server Error Message Reference".
constexpr State kStates[] = {
    {1048, "23000"}, {1062, "23000"}, {1064, "42000"}, {1067, "42000"}, {1115, "42000"}, {1231, "42000"},
    {1235, "42000"}, {1242, "21000"}, {1264, "22003"}, {1265, "01000"}, {1292, "22007"}, {1305, "42000"},
    {1365, "22012"}, {1406, "22001"}, {1425, "42000"}, {1426, "42000"}, {1427, "42000"}, {1441, "22008"},
    {1582, "42000"}, {1583, "42000"}, {1644, "45000"}, {1690, "22003"}, {3020, "2201E"}, {3057, "42000"},
    {3140, "22032"}, {3141, "22032"}, {3143, "42000"}, {3146, "22032"}, {3149, "42000"}, {3153, "42000"},
    {3154, "42000"}, {3156, "22018"}, {3157, "22032"}, {3158, "22032"}, {3165, "42000"}, {3665, "22035"},
    {3666, "2203F"}, {3669, "22003"},
};

}  // namespace

const char* sqlstate_of(std::uint16_t number) {
  const auto* const found = std::find_if(std::begin(kStates), std::end(kStates),
                                         [number](const State& state) { return state.number == number; });
  return found != std::end(kStates) ? found->sqlstate : "HY000";
}

const char* level_name(functions::Level level) {
  switch (level) {
    case functions::Level::kNote: return "Note";
    case functions::Level::kWarning: return "Warning";
    case functions::Level::kError: return "Error";
  }
  return "Error";
}

void Diagnostics::clear() {
  kept_.clear();
  count_ = 0;
  has_error_ = false;
}

void Diagnostics::add(functions::Level level, std::uint16_t number, std::string message) {
  if (count_ < UINT16_MAX) ++count_;
  const bool error = level == functions::Level::kError;
  if (kept_.size() >= kKeptMax && error) kept_.pop_back();
  if (kept_.size() < kKeptMax) kept_.push_back({level, number, std::move(message)});
  has_error_ = error;
}

std::optional<mysql::ClientError> Diagnostics::take_error() {
  if (!std::exchange(has_error_, false)) return std::nullopt;
  const Diagnostic& error = kept_.back();
  return mysql::ClientError{error.number, sqlstate_of(error.number), error.message};
}

}  // namespace murmel::session
