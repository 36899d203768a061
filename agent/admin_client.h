// AdminClient: asks a running agent over its admin HTTP port. Wraps libcurl, which stays in admin_client.cc.
// Blocks; command-line tools only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/base/result.h"

namespace murmel {

struct AdminAnswer {
  int status = 0;
  std::string body;
};

class AdminClient {
 public:
  // `address`: host:port.
  explicit AdminClient(std::string address) : address_(std::move(address)) {}

  using Query = std::vector<std::pair<std::string, std::string>>;
  // Errors: kUnavailable (nobody answers there), kTimeout, kIo.
  Result<AdminAnswer> get(const std::string& path, const Query& query = {}) const;
  Result<AdminAnswer> post(const std::string& path, const Query& query = {},
                           const std::string& body = {}) const;

 private:
  Result<AdminAnswer> ask(const std::string* body, const std::string& path, const Query& query) const;

  std::string address_;
};

}  // namespace murmel
