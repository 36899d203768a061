#include "agent/mysql/authentication.h"

#include "agent/mysql/bytes.h"
#include "agent/mysql/protocol.h"

namespace murmel::mysql {
namespace {

constexpr char kSwitch = '\xfe';
constexpr char kMoreData = '\x01';
constexpr char kFastOk = '\x03';
constexpr char kSendWhole = '\x04';
constexpr char kKeyWanted = '\x02';

bool is_empty_password(std::string_view response) {
  return response.empty() || response == std::string_view("\0", 1);
}

AuthStep send(std::string payload) {
  return {AuthStep::Kind::kSend, std::move(payload), {}};
}

}  // namespace

const char* plugin_name(Account::Plugin plugin) {
  switch (plugin) {
    case Account::Plugin::kNative: return kNativePassword;
    case Account::Plugin::kSha2: return kCachingSha2Password;
  }
  return "";
}

Authentication::Authentication(Account account, Options options, std::string nonce)
    : account_(std::move(account)), options_(options), nonce_(std::move(nonce)) {}

AuthStep Authentication::begin(std::string_view plugin, std::string_view response) {
  const char* wanted = plugin_name(account_.plugin);
  if (plugin == wanted) return check(response);
  std::string payload(1, kSwitch);
  put_zero_ended(payload, wanted);
  put_zero_ended(payload, nonce_);
  return send(std::move(payload));
}

AuthStep Authentication::receive(std::string_view payload) {
  switch (waiting_) {
    case Waiting::kProof: return check(payload);
    case Waiting::kWhole:
      if (options_.secure) {
        if (payload.empty() || payload.back() != '\0') return {};
        return check_whole(payload.substr(0, payload.size() - 1));
      }
      if (options_.key == nullptr) return {};
      if (payload == std::string_view(&kKeyWanted, 1)) {
        waiting_ = Waiting::kEncrypted;
        return send(kMoreData + options_.key->public_pem());
      }
      [[fallthrough]];  // a client that has the key already
    case Waiting::kEncrypted:
      const auto password = options_.key->password_of(payload, nonce_);
      return password.ok() ? check_whole(*password) : AuthStep{};
  }
  return {};
}

AuthStep Authentication::check(std::string_view proof) {
  with_password_ = !is_empty_password(proof);
  if (!with_password_) {
    const bool fits = account_.exists && account_.verifier.empty();
    return fits ? AuthStep{AuthStep::Kind::kAccepted, {}, {}} : AuthStep{};
  }
  if (account_.plugin == Account::Plugin::kSha2) return check_sha2(proof);
  if (!account_.exists || !native_proof_fits(proof, account_.verifier, nonce_)) return {};
  return {AuthStep::Kind::kAccepted, {}, {}};
}

AuthStep Authentication::check_sha2(std::string_view proof) {
  if (sha2_proof_fits(proof, account_.double_hash, nonce_)) {
    return accept({AuthStep::Kind::kAccepted, {kMoreData, kFastOk}, {}});
  }
  // The hash in memory may be of an older password.
  waiting_ = Waiting::kWhole;
  return send({kMoreData, kSendWhole});
}

AuthStep Authentication::check_whole(std::string_view password) {
  if (!sha2_password_fits(password, account_.verifier)) return {};
  return accept({AuthStep::Kind::kAccepted, {}, sha2_double_hash(password)});
}

AuthStep Authentication::accept(AuthStep step) const {
  return account_.exists ? std::move(step) : AuthStep{};
}

}  // namespace murmel::mysql
