// mysql_bench: transactions of MySQL clients, a thread and a connection each, spread over the given ports.
//
//   load   each client inserts its own range of the keys 1 .. rows
//   mixed  20 % SELECT, 30 % UPDATE, 35 % INSERT of a new key, 5 % DELETE, 10 % REPLACE, by primary key,
//   uniform
//
// A transaction is BEGIN, `batch` statements one by one, COMMIT. What a server says to begin again is begun
// again at once with the same statements; a lost connection is an unknown outcome, and the client goes to the
// next port. Prints one JSON object.
#include <mysql.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr unsigned kLost[] = {1927, 2002, 2003, 2006, 2013, 1053};
constexpr unsigned kAgain[] = {1213, 1205, 1020, 1180, 1047, 3101, 3572};
constexpr unsigned kDuplicate = 1062;
constexpr int kRetriesMax = 100;
constexpr int kConnectTriesMax = 2'000;
constexpr double kGigantic = 1e9;

struct Options {
  std::vector<int> ports;
  std::string database = "bench";
  std::string phase = "mixed";
  std::string row = "wide";
  int clients = 16;
  int batch = 10;
  std::int64_t rows = 10'000;
  double seconds = 20;
  double warmup = 0;
  std::uint64_t seed = 1;
};

struct Found {
  std::vector<double> statements_ms, commits_ms, transactions_ms;
  std::vector<double> commit_times;  // seconds after the start
  std::map<int, std::vector<double>> by_port;
  std::map<unsigned, std::int64_t> errors;
  std::int64_t operations = 0, lost = 0, given_up = 0;
  std::string fatal;
};

bool contains(const auto& list, unsigned number) {
  return std::find(std::begin(list), std::end(list), number) != std::end(list);
}

class Client {
 public:
  Client(const Options& options, int number, Clock::time_point start)
      : options_(options), number_(number), start_(start), random_(options.seed * 1'000 + number) {
    port_index_ = static_cast<std::size_t>(number) % options_.ports.size();
    const std::int64_t each = (options_.rows + options_.clients - 1) / options_.clients;
    next_ = number * each;
    last_ = std::min(next_ + each, options_.rows);
  }

  void run() {
    if (!connect()) return;
    while (found.fatal.empty() && elapsed() < options_.warmup + options_.seconds) {
      const std::vector<std::string> statements = plan();
      if (statements.empty()) break;
      transaction(statements);
    }
    mysql_close(connection_);
  }

  Found found;

 private:
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  static double ms(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double, std::milli>(to - from).count();
  }

  bool connect() {
    if (connection_ != nullptr) mysql_close(connection_);
    for (int tries = 0; tries < kConnectTriesMax; ++tries) {
      connection_ = mysql_init(nullptr);
      const int port = options_.ports[port_index_];
      if (mysql_real_connect(connection_, "127.0.0.1", "root", "", options_.database.c_str(),
                             static_cast<unsigned>(port), nullptr, 0) != nullptr) {
        found.fatal.clear();
        return true;
      }
      found.fatal = mysql_error(connection_);
      mysql_close(connection_);
      connection_ = nullptr;
      port_index_ = (port_index_ + 1) % options_.ports.size();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  std::string text(std::size_t length) {
    static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::string result(length, ' ');
    for (std::size_t i = 0; i < length; i += 8) {  // one number gives several letters
      std::uint64_t bits = random_();
      for (std::size_t j = i; j < std::min(i + 8, length); ++j, bits >>= 8)
        result[j] = kLetters[(bits & 0xff) % 36];
    }
    return result;
  }

  std::string key(std::int64_t number) const {
    return options_.row == "wide" ? "'user" + std::to_string(number) + "'" : std::to_string(number);
  }
  std::string put(const char* verb, std::int64_t number) {
    std::string sql = std::string(verb) + " INTO txmix VALUES (" + key(number);
    if (options_.row == "wide") {
      for (int i = 0; i < 10; ++i) sql += ", '" + text(100) + "'";
    } else {
      sql += ", " + std::to_string(random_() % 1'000'000) + ", '" + text(119) + "', '" + text(59) + "'";
    }
    return sql + ")";
  }
  std::string change(std::int64_t number) {
    const std::string what = options_.row == "wide"
                                 ? "field" + std::to_string(random_() % 10) + " = '" + text(100) + "'"
                                 : "c = '" + text(119) + "'";
    return "UPDATE txmix SET " + what + " WHERE id = " + key(number);
  }

  std::vector<std::string> plan() {
    std::vector<std::string> result;
    while (static_cast<int>(result.size()) < options_.batch) {
      if (options_.phase == "load") {
        if (next_ >= last_) break;
        result.push_back(put("INSERT", ++next_));
        continue;
      }
      const std::int64_t any =
          1 + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(options_.rows));
      const std::uint64_t dice = random_() % 100;
      if (dice < 20) {
        result.push_back("SELECT * FROM txmix WHERE id = " + key(any));
      } else if (dice < 50) {
        result.push_back(change(any));
      } else if (dice < 85) {
        const auto stride = static_cast<std::int64_t>(options_.clients);
        const std::int64_t base = 1'000'000'000 * static_cast<std::int64_t>(options_.seed);
        result.push_back(put("INSERT", base + inserted_++ * stride + number_));
      } else if (dice < 90) {
        result.push_back("DELETE FROM txmix WHERE id = " + key(any));
      } else {
        result.push_back(put("REPLACE", any));
      }
    }
    return result;
  }

  // The error's number, 0: none.
  unsigned ask(const std::string& sql) {
    if (mysql_real_query(connection_, sql.data(), sql.size()) != 0) return mysql_errno(connection_);
    if (MYSQL_RES* const rows = mysql_store_result(connection_)) mysql_free_result(rows);
    return mysql_errno(connection_);
  }

  unsigned attempt(const std::vector<std::string>& statements, std::vector<double>& times) {
    times.clear();
    const bool whole = options_.batch > 1;
    if (whole) {
      if (const unsigned error = ask("BEGIN")) return error;
    }
    Clock::time_point from = Clock::now();
    const auto lap = [&] {
      const Clock::time_point now = Clock::now();
      times.push_back(ms(from, now));
      from = now;
    };
    for (const std::string& statement : statements) {
      if (const unsigned error = ask(statement)) {
        if (!contains(kLost, error) && !contains(kAgain, error) && error != kDuplicate)
          found.fatal =
              std::to_string(error) + " " + mysql_error(connection_) + ": " + statement.substr(0, 200);
        return error;
      }
      lap();
    }
    const unsigned error = whole ? ask("COMMIT") : 0;
    lap();
    return error;
  }

  void transaction(const std::vector<std::string>& statements) {
    const Clock::time_point from = Clock::now();
    const bool counted = elapsed() >= options_.warmup;
    std::vector<double> times;
    for (int tries = 0; tries < kRetriesMax && found.fatal.empty(); ++tries) {
      const int port = options_.ports[port_index_];
      const unsigned error = attempt(statements, times);
      if (error == 0) {
        const double now = elapsed();
        found.commit_times.push_back(now);
        found.by_port[port].push_back(now);
        if (counted) note(from, times);
        return;
      }
      if (contains(kLost, error)) {
        ++found.lost;
        port_index_ = (port_index_ + 1) % options_.ports.size();
        connect();
        return;
      }
      if (counted) ++found.errors[error];
      if (error != kDuplicate && !contains(kAgain, error) && found.fatal.empty())
        found.fatal = std::to_string(error) + " " + mysql_error(connection_);
      if (options_.batch > 1) ask("ROLLBACK");
      if (error == kDuplicate) return;
    }
    ++found.given_up;
  }

  void note(Clock::time_point from, const std::vector<double>& times) {
    found.statements_ms.insert(found.statements_ms.end(), times.begin(), times.end() - 1);
    found.commits_ms.push_back(options_.batch > 1 ? times.back() : times.front());
    found.transactions_ms.push_back(ms(from, Clock::now()));
    found.operations += static_cast<std::int64_t>(times.size()) - 1;
  }

  const Options& options_;
  int number_;
  Clock::time_point start_;
  std::mt19937_64 random_;
  std::size_t port_index_ = 0;
  std::int64_t next_ = 0, last_ = 0, inserted_ = 0;
  MYSQL* connection_ = nullptr;
};

nlohmann::json percentiles(std::vector<double>& samples) {
  std::sort(samples.begin(), samples.end());
  const auto at = [&](double share) {
    if (samples.empty()) return 0.0;
    return samples[std::min(samples.size() - 1,
                            static_cast<std::size_t>(share * static_cast<double>(samples.size())))];
  };
  return {{"p50", at(0.5)},
          {"p95", at(0.95)},
          {"p99", at(0.99)},
          {"max", samples.empty() ? 0.0 : samples.back()}};
}

// The longest time between two neighbours, in milliseconds, and when it began.
nlohmann::json longest_gap(std::vector<double>& times) {
  std::sort(times.begin(), times.end());
  double longest = 0;
  double at = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    if (times[i] - times[i - 1] <= longest) continue;
    longest = times[i] - times[i - 1];
    at = times[i - 1];
  }
  return {{"ms", longest * 1'000}, {"at", at}};
}

template <class T>
void add(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

nlohmann::json report(const Options& options, const std::vector<Client>& clients) {
  Found sum;
  for (const Client& client : clients) {
    const Found& found = client.found;
    add(sum.statements_ms, found.statements_ms);
    add(sum.commits_ms, found.commits_ms);
    add(sum.transactions_ms, found.transactions_ms);
    add(sum.commit_times, found.commit_times);
    for (const auto& [port, times] : found.by_port) add(sum.by_port[port], times);
    for (const auto& [number, count] : found.errors) sum.errors[number] += count;
    sum.operations += found.operations;
    sum.lost += found.lost;
    sum.given_up += found.given_up;
    if (!found.fatal.empty()) sum.fatal = found.fatal;
  }
  double first = kGigantic;
  double last = 0;
  for (const double time : sum.commit_times) {
    if (time < options.warmup) continue;
    first = std::min(first, time);
    last = std::max(last, time);
  }
  const double seconds = std::max(last - std::min(first, options.warmup), 0.001);
  nlohmann::json errors = nlohmann::json::object();
  for (const auto& [number, count] : sum.errors) errors[std::to_string(number)] = count;
  nlohmann::json ports = nlohmann::json::object();
  for (auto& [port, times] : sum.by_port)
    ports[std::to_string(port)] = {{"transactions", times.size()}, {"longest_gap", longest_gap(times)}};
  return {{"seconds", seconds},
          {"transactions", sum.transactions_ms.size()},
          {"operations_per_second", static_cast<double>(sum.operations) / seconds},
          {"transactions_per_second", static_cast<double>(sum.transactions_ms.size()) / seconds},
          {"statement_ms", percentiles(sum.statements_ms)},
          {"commit_ms", percentiles(sum.commits_ms)},
          {"transaction_ms", percentiles(sum.transactions_ms)},
          {"longest_gap", longest_gap(sum.commit_times)},
          {"ports", ports},
          {"errors", errors},
          {"connections_lost", sum.lost},
          {"given_up", sum.given_up},
          {"fatal", sum.fatal}};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"transactions of MySQL clients"};
  app.add_option("--port", options.ports)->required();
  app.add_option("--database", options.database);
  app.add_option("--phase", options.phase);
  app.add_option("--row", options.row);
  app.add_option("--clients", options.clients);
  app.add_option("--batch", options.batch);
  app.add_option("--rows", options.rows);
  app.add_option("--seconds", options.seconds);
  app.add_option("--warmup", options.warmup);
  app.add_option("--seed", options.seed);
  CLI11_PARSE(app, argc, argv);
  if (mysql_library_init(0, nullptr, nullptr) != 0) return 1;
  const Clock::time_point start = Clock::now();
  std::vector<Client> clients;
  clients.reserve(static_cast<std::size_t>(options.clients));
  for (int i = 0; i < options.clients; ++i) clients.emplace_back(options, i, start);
  std::vector<std::thread> threads;
  threads.reserve(clients.size());
  for (Client& client : clients) threads.emplace_back([&client] { client.run(); });
  for (std::thread& thread : threads) thread.join();
  const nlohmann::json told = report(options, clients);
  std::cout << told.dump() << std::endl;
  return told["fatal"].get<std::string>().empty() ? 0 : 1;
}
