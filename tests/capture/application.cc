#include "tests/capture/application.h"

#include <set>
#include <sstream>

#include "tests/capture/application_hooks.h"
#include "tests/capture/load_extension.h"

namespace murmel::capture_test {
namespace {

constexpr std::size_t kShownSql = 200;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// The text after the first `count` words.
std::string after_words(const std::string& text, int count) {
  std::size_t at = 0;
  for (int i = 0; i < count && at != std::string::npos; ++i) {
    at = text.find(' ', at);
    if (at != std::string::npos) at = text.find_first_not_of(' ', at);
  }
  return at == std::string::npos ? std::string() : text.substr(at);
}

// changes() is defined by these statements only; COMMIT and DDL leave it to whatever ran inside them.
bool is_row_statement(const std::string& sql) {
  const std::string word = words_of(sql).empty() ? "" : words_of(sql)[0];
  for (const char* verb : {"INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"}) {
    if (sqlite3_stricmp(word.c_str(), verb) == 0) return true;
  }
  return false;
}

}  // namespace

Application::Application(std::string path, std::string extension, bool load_late)
    : path_(std::move(path)), extension_(std::move(extension)), load_late_(load_late) {}

Application::~Application() {
  close_all();
}

void Application::fail(const std::string& what) {
  failures_.push_back("line " + std::to_string(line_) + ": " + what);
}

void Application::load(Connection& connection) {
  if (extension_.empty()) return;
  const std::string error = load_extension(connection.db.get(), extension_);
  if (!error.empty()) fail("the extension does not load: " + error);
}

Connection& Application::open(int number, bool with_extension) {
  auto connection = std::make_unique<Connection>();
  connection->db = open_database(path_);
  connection->transcript = &transcript_;
  if (with_extension) load(*connection);
  return *(connections_[number] = std::move(connection));
}

void Application::run(const std::vector<Step>& steps) {
  if (connections_.empty()) {
    current_ = 1;
    open(1, !load_late_);
  }
  for (const Step& step : steps) {
    line_ = step.line;
    if (step.kind == Step::Kind::kSql) {
      sql(step.text);
    } else {
      directive(step);
    }
  }
}

void Application::close(int number) {
  const auto found = connections_.find(number);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  connection.statements.clear();
  if (connection.session != nullptr) end_session(connection);
  sqlite3* db = connection.db.release();
  const int rc = sqlite3_close(db);
  note("close " + std::to_string(rc));
  if (rc != SQLITE_OK) sqlite3_close_v2(db);
  connections_.erase(found);
}

void Application::close_all() {
  while (!connections_.empty()) close(connections_.begin()->first);
}

// "{path}" stands for the database's own file, so that a scenario can name files beside it.
std::string Application::with_path(std::string text) const {
  constexpr std::string_view kPath = "{path}";
  if (const auto at = text.find(kPath); at != std::string::npos) text.replace(at, kPath.size(), path_);
  return text;
}

void Application::sql(const std::string& written) {
  note("> " + written.substr(0, kShownSql));
  const std::string text = with_path(written);
  sqlite3_stmt* raw = nullptr;
  const int rc = sqlite3_prepare_v2(db(), text.c_str(), static_cast<int>(text.size()), &raw, nullptr);
  const Statement statement(raw);
  if (rc != SQLITE_OK) return outcome(rc, false);
  outcome(step_to_end(raw), is_row_statement(text));
}

int Application::step_to_end(sqlite3_stmt* statement) {
  int rc;
  while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
    std::string row = "  row";
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      row += " " + typed_text(statement, i);
    }
    note(row);
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void Application::outcome(int rc, bool writes) {
  last_error_ = rc == SQLITE_OK ? "" : sqlite3_errmsg(db());
  std::string line = "  ";
  if (rc == SQLITE_OK) {
    line += "ok";
  } else {
    line += "error " + std::to_string(sqlite3_extended_errcode(db())) + " " + last_error_;
  }
  if (writes) line += " changes=" + std::to_string(sqlite3_changes(db()));
  line += " rowid=" + std::to_string(sqlite3_last_insert_rowid(db()));
  line += sqlite3_get_autocommit(db()) != 0 ? "" : " (in transaction)";
  note(line);
}

void Application::directive(const Step& step) {
  const Words words = words_of(step.text);
  const std::string& word = words[0];
  if (extension_directive(word, after_words(step.text, 1))) return;
  if (statement_directive(words, step.text)) return;
  if (hook_directive(words)) return;
  if (word == "connection") {
    current_ = std::stoi(words.at(1));
    if (!connections_.contains(current_)) open(current_, words.size() < 3 || words[2] != "plain");
  } else if (word == "close") {
    close(words.size() > 1 ? std::stoi(words[1]) : current_);
  } else if (word == "load") {
    load(current());
  } else if (word == "close_busy") {
    note("close " + std::to_string(sqlite3_close(db())));
  } else if (word == "quiet") {  // what it answers depends on the number of pages in the file
    sqlite3_exec(db(), after_words(step.text, 1).c_str(), nullptr, nullptr, nullptr);
  } else if (word == "full" || word == "room") {
    limit_file(word == "full");
  } else if (word == "blob_write") {
    blob_write(words);
  } else if (word == "config") {
    configure(words);
  } else {
    harness_failure("line " + std::to_string(step.line) + ": unknown directive '" + word + "'");
  }
}

bool Application::extension_directive(const std::string& word, const std::string& rest) {
  static const std::set<std::string> kWords = {"extension",    "expect", "expect_error", "expect_rows",
                                               "expect_value", "status", "transactions"};
  if (!kWords.contains(word)) return false;
  if (extension_.empty()) return true;
  if (word == "extension") {
    char* error = nullptr;
    if (sqlite3_exec(db(), rest.c_str(), nullptr, nullptr, &error) != SQLITE_OK) fail(error);
    sqlite3_free(error);
  } else if (word == "expect_error") {
    if (last_error_.empty()) fail("expected an error");
  } else if (word == "expect_rows") {
    const std::size_t rows = query(db(), after_words(rest, 1)).size();
    if (rows != std::stoul(rest)) fail("expected " + rest + ", got " + std::to_string(rows));
  } else if (word == "expect_value") {
    const std::string value = query(db(), after_words(rest, 1)).at(0);
    if (value != words_of(rest).at(0)) fail("expected " + rest + ", got " + value);
  } else if (word == "expect") {
    if (last_error_.find(rest) == std::string::npos)
      fail("expected '" + rest + "', got '" + last_error_ + "'");
  } else if (word == "status") {
    const std::string status = query(db(), "SELECT murmel_status()").at(0);
    if (status.find(rest) == std::string::npos) fail("status does not say '" + rest + "': " + status);
  } else {
    const Database other = current().authorizer ? open_database(path_) : nullptr;
    const std::string count =
        query(other ? other.get() : db(), "SELECT count(*) FROM __murmel_log WHERE origin = 0 AND more = 0")
            .at(0);
    if (count != rest) fail("expected " + rest + " transactions in the log, got " + count);
  }
  return true;
}

bool Application::statement_directive(const Words& words, const std::string& text) {
  const std::string& word = words[0];
  if (word == "prepare") {
    current().statements[words.at(1)] = prepare(db(), after_words(text, 2));
  } else if (word == "step") {
    sqlite3_stmt* statement = current().statements.at(words.at(1)).get();
    note("> step " + words[1]);
    outcome(step_to_end(statement), true);
    sqlite3_reset(statement);
  } else if (word == "step_once") {  // one row; the statement stays open
    const int rc = sqlite3_step(current().statements.at(words.at(1)).get());
    note("> step once " + std::to_string(rc));
  } else if (word == "finalize") {
    current().statements.erase(words.at(1));
  } else if (word == "finalize_all") {
    finalize_all();
  } else {
    return false;
  }
  return true;
}

bool Application::hook_directive(const Words& words) {
  if (words[0] == "hook") {
    if (!install_hook(current(), words.at(1))) harness_failure("unknown hook " + words[1]);
  } else if (words[0] == "session") {
    session(words);
  } else {
    return false;
  }
  return true;
}

// The file may not grow any more, or may again: a full disk without one.
void Application::limit_file(bool full) {
  const std::string pages = full ? query(db(), "PRAGMA page_count").at(0) : "1000000000";
  query(db(), "PRAGMA max_page_count = " + pages);
}

// What some frameworks do before they close: finalize every statement that sqlite3_next_stmt() shows.
void Application::finalize_all() {
  current().statements.clear();
  while (sqlite3_stmt* statement = sqlite3_next_stmt(db(), nullptr)) sqlite3_finalize(statement);
}

// blob_write TABLE COLUMN ROWID OFFSET HEX
void Application::blob_write(const Words& words) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < words.at(5).size(); i += 2) {
    bytes += static_cast<char>(std::stoi(words[5].substr(i, 2), nullptr, 16));
  }
  sqlite3_blob* blob = nullptr;
  int rc =
      sqlite3_blob_open(db(), "main", words[1].c_str(), words[2].c_str(), std::stoll(words[3]), 1, &blob);
  if (rc == SQLITE_OK)
    rc = sqlite3_blob_write(blob, bytes.data(), static_cast<int>(bytes.size()), std::stoi(words[4]));
  const int closed = sqlite3_blob_close(blob);
  note("> blob_write");
  outcome(rc == SQLITE_OK ? closed : rc, false);
}

void Application::configure(const Words& words) {
  static const std::map<std::string, int> kNames = {{"defensive", SQLITE_DBCONFIG_DEFENSIVE},
                                                    {"trusted_schema", SQLITE_DBCONFIG_TRUSTED_SCHEMA},
                                                    {"enable_trigger", SQLITE_DBCONFIG_ENABLE_TRIGGER},
                                                    {"enable_fkey", SQLITE_DBCONFIG_ENABLE_FKEY}};
  const int rc = sqlite3_db_config(db(), kNames.at(words.at(1)), std::stoi(words.at(2)), nullptr);
  note("config " + words[1] + " " + std::to_string(rc));
}

// session start TABLE | session end
void Application::session(const Words& words) {
  if (words.at(1) == "start") {
    start_session(current(), words.at(2));
  } else {
    end_session(current());
  }
}

}  // namespace murmel::capture_test
