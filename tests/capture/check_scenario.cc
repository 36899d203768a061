#include "tests/capture/check_scenario.h"

#include <filesystem>

#include "tests/capture/application.h"
#include "tests/capture/compare.h"
#include "tests/capture/load_extension.h"
#include "tests/capture/replay.h"

namespace murmel::capture_test {
namespace {

namespace files = std::filesystem;

constexpr char kAux[] = ".aux";  // the second file of scenarios with "--- option aux"

class Check {
 public:
  Check(const Scenario& scenario, const std::string& extension, const std::string& directory)
      : scenario_(scenario),
        extension_(extension),
        plain_(directory + "/plain.db"),
        captured_(directory + "/captured.db"),
        copy_(directory + "/copy.db") {}

  Outcome run() {
    make_base();
    enable();
    Application plain(plain_, "", scenario_.has_option("load=late"));
    plain.run(scenario_.run);
    plain.close_all();
    Application captured(captured_, extension_, scenario_.has_option("load=late"));
    captured.run(scenario_.run);
    captured.close_all();
    add("extension", captured.failures());
    if (!scenario_.has_option("view=differs")) {
      add("view", compare_lines(plain.transcript(), captured.transcript()));
    }
    read_mode();
    if (outcome_.mode != "none" && !scenario_.has_option("replay=none")) {
      enable();  // takes in schema changes that came without a row
      check_replay("");
      if (scenario_.has_option("aux")) check_replay(kAux);
    }
    check_disabled();
    return std::move(outcome_);
  }

 private:
  void add(const std::string& check, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) outcome_.findings.push_back({check, text});
  }

  void make_base() {
    {
      const Database db = open_database(plain_);
      query(db.get(), scenario_.has_option("journal=delete") ? "PRAGMA journal_mode = DELETE"
                                                             : "PRAGMA journal_mode = WAL");
    }
    Application base(plain_, "", false);
    base.run(scenario_.base);
    base.close_all();
    for (const std::string suffix : {"", kAux}) {
      if (!files::exists(plain_ + suffix)) continue;
      files::copy_file(plain_ + suffix, captured_ + suffix);
      files::copy_file(plain_ + suffix, copy_ + suffix);
    }
  }

  void enable() {
    if (scenario_.has_option("enable=no")) return;
    enable(captured_);
    if (scenario_.has_option("aux")) enable(captured_ + kAux);
  }

  void enable(const std::string& path) {
    const Database db = open_database(path);
    if (const std::string error = load_extension(db.get(), extension_); !error.empty())
      harness_failure(error);
    query(db.get(), "SELECT murmel_enable()");
  }

  void read_mode() {
    const Database db = open_database(captured_);
    const bool enabled =
        query(db.get(), "SELECT 1 FROM sqlite_schema WHERE name = '__murmel_meta'").size() == 1;
    const auto mode = enabled ? query(db.get(), "SELECT value FROM __murmel_meta WHERE key = 'mode'")
                              : std::vector<std::string>{};
    outcome_.mode = mode.empty() ? "none" : mode[0];
  }

  void check_replay(const std::string& suffix) {
    const Database plain = open_database(plain_ + suffix);
    const Database captured = open_database(captured_ + suffix);
    const Database copy = open_database(copy_ + suffix);
    if (!scenario_.has_option("data=differs")) add("data", compare_rows(plain.get(), captured.get()));
    const ReplayReport report = replay(captured.get(), copy.get());
    add("replay", report.failures);
    add("before", report.before);
    add("schema", compare_schema(captured.get(), copy.get()));
    add("replay", compare_rows(captured.get(), copy.get()));
    const auto integrity = query(captured.get(), "PRAGMA integrity_check");
    add("integrity", compare_lines({"ok"}, integrity));
  }

  // Switching off leaves the file as if we had never been there.
  void check_disabled() {
    if (outcome_.mode == "none") return;
    {
      const Database db = open_database(captured_);
      load_extension(db.get(), extension_);
      query(db.get(), "SELECT murmel_disable()");
    }
    const Database captured = open_database(captured_);
    const auto traces = query(captured.get(),
                              "SELECT name FROM sqlite_schema WHERE name LIKE '\\_\\_murmel%' ESCAPE '\\' OR "
                              "sql LIKE '%\\_\\_murmel%' ESCAPE '\\'");
    add("disable", compare_lines({}, traces));
  }

  const Scenario& scenario_;
  const std::string& extension_;
  std::string plain_;
  std::string captured_;
  std::string copy_;
  Outcome outcome_;
};

}  // namespace

Outcome check_scenario(const Scenario& scenario, const std::string& extension, const std::string& directory) {
  return Check(scenario, extension, directory).run();
}

}  // namespace murmel::capture_test
