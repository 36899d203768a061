#include "tests/capture/scenario.h"

#include <sqlite3.h>

#include <algorithm>
#include <fstream>

namespace murmel::capture_test {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Splits "name: rest" and "name rest" at the separator; the rest is empty when there is none.
std::pair<std::string, std::string> split(std::string_view text, char separator) {
  const auto at = text.find(separator);
  if (at == std::string_view::npos) return {std::string(trimmed(text)), {}};
  return {std::string(trimmed(text.substr(0, at))), std::string(trimmed(text.substr(at + 1)))};
}

class Reader {
 public:
  Reader(const std::string& path, std::string& error) : path_(path), error_(error) {}

  std::vector<Scenario> read() {
    std::ifstream in(path_);
    if (!in) fail("cannot be opened");
    for (std::string line; std::getline(in, line);) {
      ++line_;
      if (trimmed(line).starts_with("--- ")) {
        directive(trimmed(line).substr(4));
      } else {
        sql(line);
      }
      if (!error_.empty()) return {};
    }
    finish();
    return error_.empty() ? std::move(scenarios_) : std::vector<Scenario>{};
  }

 private:
  void fail(const std::string& what) { error_ = path_ + ":" + std::to_string(line_) + ": " + what; }

  void finish() {
    if (!pending_.empty()) fail("statement without its end");
    if (!scenarios_.empty() && !running_) fail("scenario '" + scenarios_.back().name + "' has no '--- run'");
  }

  void directive(std::string_view text) {
    const auto [word, rest] = split(text, ' ');
    if (word == "scenario") return begin(rest);
    if (scenarios_.empty()) return fail("directive before the first scenario");
    Scenario& scenario = scenarios_.back();
    if (word == "option") {
      scenario.options.push_back(rest);
    } else if (word == "limit") {
      limit(scenario, rest);
    } else if (word == "run") {
      running_ = true;
    } else {
      steps(scenario).push_back({Step::Kind::kDirective, std::string(text), line_});
    }
  }

  void begin(const std::string& title) {
    finish();
    auto [name, summary] = split(title, ':');
    if (summary.empty()) return fail("a scenario needs 'name: sentence'");
    scenarios_.push_back({.name = name, .summary = summary, .file = path_});
    running_ = false;
  }

  void limit(Scenario& scenario, const std::string& text) {
    const auto [where, reason] = split(text, ':');
    const auto [mode, check] = split(where, ' ');
    if (check.empty() || reason.empty()) return fail("a limit is 'mode check: reason'");
    scenario.limits.push_back({mode, check, reason});
  }

  void sql(const std::string& line) {
    if (pending_.empty() && (trimmed(line).empty() || trimmed(line).starts_with("--"))) return;
    if (scenarios_.empty()) return fail("SQL before the first scenario");
    if (pending_.empty()) first_line_ = line_;
    pending_ += line + "\n";
    if (sqlite3_complete(pending_.c_str()) == 0) return;
    steps(scenarios_.back()).push_back({Step::Kind::kSql, std::move(pending_), first_line_});
    pending_.clear();
  }

  std::vector<Step>& steps(Scenario& scenario) const { return running_ ? scenario.run : scenario.base; }

  const std::string& path_;
  std::string& error_;
  std::vector<Scenario> scenarios_;
  std::string pending_;
  int line_ = 0;
  int first_line_ = 0;
  bool running_ = false;
};

}  // namespace

bool Scenario::has_option(std::string_view option) const {
  return std::find(options.begin(), options.end(), option) != options.end();
}

std::string_view Scenario::limit(std::string_view mode, std::string_view check) const {
  for (const Limit& limit : limits) {
    if ((limit.mode == mode || limit.mode == "any") && limit.check == check) return limit.reason;
  }
  return {};
}

std::vector<Scenario> read_scenarios(const std::string& path, std::string& error) {
  return Reader(path, error).read();
}

}  // namespace murmel::capture_test
