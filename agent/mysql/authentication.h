// Authentication: the exchange in which a client proves its password, for one login.
//
//   begin ──other plugin──► kSwitched ─┐
//     └────────────────────────────────┴─► proof ──fits──► done(accepted)
//                                            │ sha2, not in memory yet        kWhole: TLS or Unix socket: as
//                                            it is └──"send it whole"──► kWhole ──► kKey: the client wants
//                                            the RSA key
// A user that does not exist is led through the same steps and refused at the end. One thread at a time; the
// key must outlive it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/mysql/passwords.h"

namespace murmel::mysql {

// What the host knows of a user.
struct Account {
  enum class Plugin { kNative, kSha2 };
  Plugin plugin = Plugin::kSha2;
  std::string verifier;     // of passwords.h; empty: the password is empty
  std::string double_hash;  // kSha2: kept in memory from an earlier login; empty: there was none
  bool exists = true;
};

struct AuthStep {
  enum class Kind { kSend, kAccepted, kRefused };
  Kind kind = Kind::kRefused;
  std::string payload;      // kSend; kAccepted: to be sent before the OK packet, if not empty
  std::string double_hash;  // kAccepted: to be kept for the next login, if not empty
};

class Authentication {
 public:
  struct Options {
    bool secure = false;          // TLS or a Unix socket
    const RsaKey* key = nullptr;  // none: without `secure` nobody can send a whole password
  };
  Authentication(Account account, Options options, std::string nonce);

  // `plugin` and `response`: of the client's first packet.
  AuthStep begin(std::string_view plugin, std::string_view response);
  // The client's answer to what was sent.
  AuthStep receive(std::string_view payload);
  bool with_password() const { return with_password_; }

 private:
  enum class Waiting { kProof, kWhole, kEncrypted };

  AuthStep check(std::string_view proof);
  AuthStep check_sha2(std::string_view proof);
  AuthStep check_whole(std::string_view password);
  AuthStep accept(AuthStep step) const;

  Account account_;
  Options options_;
  std::string nonce_;
  Waiting waiting_ = Waiting::kProof;
  bool with_password_ = false;
};

const char* plugin_name(Account::Plugin plugin);

}  // namespace murmel::mysql
