#include "agent/admin_client.h"

#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>

namespace murmel {
namespace {

constexpr long kConnectSeconds = 5;
constexpr long kAnswerSeconds = 900;  // a comparison of large databases takes its time
constexpr std::size_t kAnswerBytesMax = 256U << 20;

std::size_t append(char* data, std::size_t size, std::size_t count, void* body) noexcept {
  auto* text = static_cast<std::string*>(body);
  const std::size_t bytes = size * count;
  if (text->size() + bytes > kAnswerBytesMax) return 0;
  text->append(data, bytes);
  return bytes;
}

}  // namespace

Result<AdminAnswer> AdminClient::get(const std::string& path, const Query& query) const {
  return ask(nullptr, path, query);
}

Result<AdminAnswer> AdminClient::post(const std::string& path, const Query& query,
                                      const std::string& body) const {
  return ask(&body, path, query);
}

Result<AdminAnswer> AdminClient::ask(const std::string* body, const std::string& path,
                                     const Query& query) const {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  if (!curl) return Error{ErrorCode::kInternal, "libcurl could not be started"};
  std::string url = "http://" + address_ + path;
  char separator = '?';
  for (const auto& [name, value] : query) {
    char* escaped = curl_easy_escape(curl.get(), value.c_str(), static_cast<int>(value.size()));
    url += fmt::format("{}{}={}", separator, name, escaped);
    curl_free(escaped);
    separator = '&';
  }
  AdminAnswer answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http");
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");  // the agent is near: no proxy of the environment
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kAnswerSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  if (body != nullptr) {
    curl_easy_setopt(curl.get(), CURLOPT_POST, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body->size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body->c_str());
  }
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return Error{ErrorCode::kTimeout, fmt::format("the agent at {} does not answer", address_)};
  }
  if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST) {
    return Error{
        ErrorCode::kUnavailable,
        fmt::format("no agent answers at {} ({}); is it running? --admin HOST:PORT names another one",
                    address_, curl_easy_strerror(code))};
  }
  if (code != CURLE_OK) {
    return Error{ErrorCode::kIo, fmt::format("talking to {} failed: {}", address_, curl_easy_strerror(code))};
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

}  // namespace murmel
