#include "agent/io/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>

#include "agent/base/check.h"
#include "agent/io/links.h"

namespace murmel::io {
namespace {

// OpenSSL keeps its errors in a queue of the thread; the first one is the cause.
Error tls_error(ErrorCode code, const std::string& what) {
  std::array<char, 256> text{};
  const unsigned long error = ERR_get_error();
  if (error != 0) ERR_error_string_n(error, text.data(), text.size());
  ERR_clear_error();
  return {code, what + (error != 0 ? std::string(": ") + text.data() : std::string())};
}

// Not an error, only a wait for more bytes.
bool wants_more(const ssl_st* session, int result) {
  const int why = SSL_get_error(session, result);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

}  // namespace

void TlsDeleter::operator()(ssl_ctx_st* context) const noexcept {
  SSL_CTX_free(context);
}
void TlsDeleter::operator()(ssl_st* session) const noexcept {
  SSL_free(session);
}

Result<TlsContext> TlsContext::make(const TlsFiles& files) {
  TRY_ASSIGN(TlsContext made, make_server(files.certificate, files.key));
  SSL_CTX* context = made.handle();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  if (SSL_CTX_load_verify_file(context, files.authority.c_str()) != 1) {
    return tls_error(ErrorCode::kInvalid, "read the TLS authority " + files.authority);
  }
  return made;
}

Result<TlsContext> TlsContext::make_server(const std::string& certificate, const std::string& key) {
  ERR_clear_error();
  std::unique_ptr<ssl_ctx_st, TlsDeleter> context(SSL_CTX_new(TLS_method()));
  if (context == nullptr) return tls_error(ErrorCode::kInternal, "start TLS");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1) {
    return tls_error(ErrorCode::kInvalid, "read the TLS certificate " + certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return tls_error(ErrorCode::kInvalid, "read the TLS key " + key);
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return tls_error(ErrorCode::kInvalid, "the TLS key " + key + " is not that of " + certificate);
  }
  return TlsContext(std::move(context));
}

TlsSession::TlsSession(const TlsContext& context, Role role) : session_(SSL_new(context.handle())) {
  INVARIANT(session_ != nullptr);
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  INVARIANT(in != nullptr && out != nullptr);
  SSL_set_bio(session_.get(), in, out);  // the session owns both now
  if (role == Role::kDialer) {
    SSL_set_connect_state(session_.get());
  } else {
    SSL_set_accept_state(session_.get());
  }
}

void TlsSession::feed(ByteView ciphertext) {
  const int size = static_cast<int>(ciphertext.size());
  INVARIANT(BIO_write(SSL_get_rbio(session_.get()), ciphertext.data(), size) == size);
}

Result<bool> TlsSession::shake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  if (result == 1) return true;
  if (wants_more(session_.get(), result)) return false;
  const long verdict = SSL_get_verify_result(session_.get());
  if (verdict != X509_V_OK) {
    ERR_clear_error();
    return Error{ErrorCode::kRefused, std::string("the peer's TLS certificate is not accepted: ") +
                                          X509_verify_cert_error_string(verdict)};
  }
  return tls_error(ErrorCode::kRefused, "the TLS handshake failed");
}

Result<std::size_t> TlsSession::read(std::span<std::uint8_t> out) {
  ERR_clear_error();
  const int result =
      SSL_read(session_.get(), out.data(), static_cast<int>(std::min<std::size_t>(out.size(), INT32_MAX)));
  if (result > 0) return static_cast<std::size_t>(result);
  if (wants_more(session_.get(), result)) return std::size_t{0};
  if (SSL_get_error(session_.get(), result) == SSL_ERROR_ZERO_RETURN) {
    return Error{ErrorCode::kUnavailable, "the peer has closed the TLS connection"};
  }
  return tls_error(ErrorCode::kCorrupt, "TLS");
}

Status TlsSession::write(ByteView plaintext) {
  ERR_clear_error();
  if (plaintext.empty()) return Ok{};
  std::size_t written = 0;
  const int result = SSL_write_ex(session_.get(), plaintext.data(), plaintext.size(), &written);
  if (result == 1 && written == plaintext.size()) return Ok{};
  return tls_error(ErrorCode::kIo, "encrypt for TLS");
}

void TlsSession::drain(std::vector<std::uint8_t>& out) {
  BIO* from = SSL_get_wbio(session_.get());
  const std::size_t waiting = BIO_ctrl_pending(from);
  if (waiting == 0) return;
  const std::size_t start = out.size();
  out.resize(start + waiting);
  INVARIANT(BIO_read(from, out.data() + start, static_cast<int>(waiting)) == static_cast<int>(waiting));
}

Result<std::string> TlsSession::channel_binding() const {
  static constexpr std::string_view kLabel = "EXPORTER-murmel-peer";
  std::string binding(32, '\0');
  const int done =
      SSL_export_keying_material(session_.get(), reinterpret_cast<unsigned char*>(binding.data()),
                                 binding.size(), kLabel.data(), kLabel.size(), nullptr, 0, 0);
  if (done != 1) return tls_error(ErrorCode::kInternal, "bind to the TLS connection");
  return binding;
}

}  // namespace murmel::io
