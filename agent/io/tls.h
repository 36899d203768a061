// TLS over memory: bytes in, bytes out; sockets are elsewhere. Mutual between nodes: both sides show a
// certificate signed by the cluster's authority. Names in certificates are not compared (nodes move, and are
// known by their ids); who has a certificate of this authority, and the secret, belongs to the cluster.
// TLS 1.2 and 1.3. A context serves many sessions, in any threads; a session belongs to one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/base/bytes.h"
#include "agent/base/result.h"
#include "agent/io/auth.h"

struct ssl_ctx_st;
struct ssl_st;

namespace murmel::io {

struct TlsFiles;

struct TlsDeleter {
  void operator()(ssl_ctx_st* context) const noexcept;
  void operator()(ssl_st* session) const noexcept;
};

class TlsContext {
 public:
  // Errors: kInvalid (a file can't be read, or key and certificate don't fit).
  static Result<TlsContext> make(const TlsFiles& files);
  // For clients that show no certificate. Errors: the same.
  static Result<TlsContext> make_server(const std::string& certificate, const std::string& key);

  ssl_ctx_st* handle() const { return context_.get(); }

 private:
  explicit TlsContext(std::unique_ptr<ssl_ctx_st, TlsDeleter> context) : context_(std::move(context)) {}
  std::unique_ptr<ssl_ctx_st, TlsDeleter> context_;
};

class TlsSession {
 public:
  TlsSession(const TlsContext& context, Role role);

  // Takes in what the network brought.
  void feed(ByteView ciphertext);
  // Goes on with the TLS handshake. True once it is done. Errors: kRefused (certificate), kCorrupt.
  Result<bool> shake();
  // Decrypts into `out`; 0: more ciphertext is needed. Errors: kCorrupt, kUnavailable (closed by the peer).
  Result<std::size_t> read(std::span<std::uint8_t> out);
  // Encrypts all of `plaintext`.
  Status write(ByteView plaintext);
  // Appends what the network is to carry.
  void drain(std::vector<std::uint8_t>& out);
  // After the handshake: a value that both ends of this very connection share, and nobody else.
  Result<std::string> channel_binding() const;

 private:
  std::unique_ptr<ssl_st, TlsDeleter> session_;
};

}  // namespace murmel::io
