#include "agent/mysql/session.h"

#include <algorithm>
#include <utility>

namespace murmel::mysql {
namespace {

constexpr std::size_t kLoginBytesMax = 128 << 10;  // of a packet before the login is through

// What must not occur in a nonce: zero ends it, '$' parts a kept password.
std::string printable(std::string nonce) {
  for (char& c : nonce) {
    c = static_cast<char>(c & 0x7f);
    if (c == '\0' || c == '$') c = static_cast<char>(c + 1);
  }
  return nonce;
}

}  // namespace

Session::Session(SessionOptions options)
    : options_(std::move(options)),
      packets_(kLoginBytesMax),
      statements_(options_.statements_max, options_.packet_bytes_max) {
  options_.nonce = printable(options_.nonce);
  Greeting greeting;
  greeting.server_version = options_.server_version;
  greeting.connection = options_.connection;
  greeting.nonce = options_.nonce;
  greeting.capabilities = offered();
  greeting.status = status_;
  greeting.plugin = kCachingSha2Password;
  std::uint8_t sequence = 0;
  put_packets(output_, encode_greeting(greeting), sequence);
  packets_.expect(sequence);
}

std::uint32_t Session::offered() const {
  const std::uint32_t always = kLongPassword | kFoundRows | kLongFlag | kConnectWithDatabase | kCompress |
                               kIgnoreSpace | kProtocol41 | kInteractive | kTransactions | kSecureConnection |
                               kMultiStatements | kMultiResults | kPreparedMultiResults | kPluginAuth |
                               kConnectAttributes | kLongAuthData | kSessionTrack | kDeprecateEof | kZstd |
                               kLocalFiles;
  return always | (options_.tls ? kTls : 0U);
}

// --- bytes ------------------------------------------------------------------------------------------------

void Session::receive(std::string_view bytes) {
  if (state_ == State::kGone) return;
  compression_.has_value() ? compression_->feed(bytes) : packets_.feed(bytes);
}

Answer<std::optional<std::string>> Session::next_payload() {
  while (true) {
    auto payload = packets_.next();
    if (!payload.ok() || payload->has_value() || !compression_.has_value()) return payload;
    auto unpacked = compression_->next();
    if (!unpacked.ok() || !unpacked->has_value()) return unpacked;
    packets_.feed(**unpacked);
  }
}

std::optional<Event> Session::next() {
  while (true) {
    if (!events_.empty()) {
      Event event = std::move(events_.front());
      events_.pop_front();
      return event;
    }
    const bool reads = state_ == State::kGreeting || state_ == State::kProof || state_ == State::kReady ||
                       state_ == State::kFile;
    if (!reads) return std::nullopt;
    auto payload = next_payload();
    if (!payload.ok()) return fail(payload.error());
    if (!payload->has_value()) return std::nullopt;
    if (auto event = take(std::move(**payload))) return event;
  }
}

std::optional<Event> Session::take(std::string payload) {
  switch (state_) {
    case State::kGreeting: return take_login(payload);
    case State::kProof: step(authentication_->receive(payload)); return std::nullopt;
    case State::kReady: return take_command(std::move(payload));
    case State::kFile: return take_file(std::move(payload));
    case State::kTls:
    case State::kAccount:
    case State::kAdmission:
    case State::kBusy:
    case State::kGone: break;
  }
  INVARIANT(false);  // nothing is read in these states
  return std::nullopt;
}

void Session::send(std::string_view packets) {
  if (state_ == State::kGone) return;
  if (compression_.has_value()) {
    output_ += compression_->pack(packets);
  } else {
    output_ += packets;
  }
}

void Session::answer_ok(const Outcome& outcome) {
  Reply reply({capabilities_, packets_.sequence(), false});
  reply.ok(outcome);
  send(reply.take());
  packets_.expect(reply.sequence());
}

void Session::answer_error(const ClientError& error) {
  Reply reply({capabilities_, packets_.sequence(), false});
  reply.error(error);
  send(reply.take());
  packets_.expect(reply.sequence());
}

std::optional<Event> Session::fail(const ClientError& error) {
  answer_error(error);
  return leave(error.message);
}

std::optional<Event> Session::leave(std::string reason) {
  state_ = State::kGone;
  return event::Left{std::move(reason)};
}

void Session::end(const ClientError& why) {
  if (state_ == State::kGone) return;
  answer_error(why);
  state_ = State::kGone;
}

// --- login ------------------------------------------------------------------------------------------------

std::optional<Event> Session::take_login(std::string_view payload) {
  auto login = parse_login(payload, offered());
  if (!login.ok()) return fail(login.error());
  if (login->tls_wanted) {
    if (options_.secure) return fail(bad_handshake());
    state_ = State::kTls;
    return event::StartTls{};
  }
  capabilities_ = login->capabilities;
  return begin_login(std::move(*login));
}

void Session::tls_started() {
  INVARIANT(state_ == State::kTls);
  options_.secure = true;
  options_.tls = true;
  state_ = State::kGreeting;
}

Event Session::begin_login(LoginRequest login) {
  login_ = std::move(login);
  state_ = State::kAccount;
  return event::Login{login_.user};
}

void Session::account(std::optional<Account> account, std::string_view host) {
  if (state_ != State::kAccount) return;
  host_ = host;
  Account unknown;
  unknown.exists = false;
  authentication_.emplace(account.has_value() ? std::move(*account) : std::move(unknown),
                          Authentication::Options{options_.secure, options_.key}, options_.nonce);
  state_ = State::kProof;
  step(authentication_->begin(login_.plugin, login_.response));
}

void Session::step(AuthStep step) {
  if (!step.payload.empty()) {
    std::string packets;
    std::uint8_t sequence = packets_.sequence();
    put_packets(packets, step.payload, sequence);
    packets_.expect(sequence);
    send(packets);
  }
  switch (step.kind) {
    case AuthStep::Kind::kSend: return;
    case AuthStep::Kind::kAccepted:
      state_ = State::kAdmission;
      events_.emplace_back(event::Authenticated{login_.user, login_.database, login_.collation,
                                                login_.attributes, std::move(step.double_hash),
                                                changing_user_});
      return;
    case AuthStep::Kind::kRefused:
      refuse(access_denied(login_.user, host_, authentication_->with_password()));
      return;
  }
}

void Session::refuse(const ClientError& error) {
  if (state_ == State::kGone) return;
  events_.push_back(*fail(error));
}

void Session::admit(const Outcome& outcome) {
  if (state_ != State::kAdmission) return;
  status_ = outcome.status;
  answer_ok(outcome);
  authentication_.reset();
  packets_.set_limit(options_.packet_bytes_max);
  packets_.expect(0);
  const bool zlib = (capabilities_ & kCompress) != 0;
  if (!changing_user_ && (zlib || (capabilities_ & kZstd) != 0)) {
    constexpr int kZstdLevelMax = 22;
    compression_.emplace(zlib ? CompressionKind::kZlib : CompressionKind::kZstd,
                         std::clamp(login_.zstd_level, 1, kZstdLevelMax));
    compression_->feed(packets_.take_rest());
    packets_.ignore_sequence();
  }
  if (compression_.has_value()) compression_->begin_command();
  changing_user_ = false;
  state_ = State::kReady;
}

std::optional<Event> Session::change_user(std::string_view body) {
  auto login = parse_change_user(body, capabilities_);
  if (!login.ok()) return fail(login.error());
  changing_user_ = true;
  statements_.close_all();
  return begin_login(std::move(*login));
}

// --- commands ---------------------------------------------------------------------------------------------

std::optional<Event> Session::ask(Command command, bool binary) {
  state_ = State::kBusy;
  return event::Asked{std::move(command), ReplyForm{capabilities_, packets_.sequence(), binary},
                      statements_.take_closed()};
}

void Session::finished(const Finish& finish) {
  if (state_ != State::kBusy) return;
  status_ = finish.status;
  if (preparing_ != 0) {
    const std::uint32_t statement = std::exchange(preparing_, 0);
    finish.prepared == statement ? statements_.prepared(statement, finish.parameters)
                                 : statements_.failed(statement);
  }
  state_ = State::kReady;
  packets_.expect(0);
  if (compression_.has_value()) compression_->begin_command();
}

std::optional<Event> Session::take_command(std::string payload) {
  if (payload.empty()) return fail(malformed_packet());
  const auto code = static_cast<CommandCode>(payload[0]);
  const std::string_view body = std::string_view(payload).substr(1);
  const auto done = [this](std::optional<Event> event) {
    packets_.expect(0);
    if (compression_.has_value()) compression_->begin_command();
    return event;
  };
  switch (code) {
    case CommandCode::kQuit: return leave("");
    case CommandCode::kInitDatabase: return ask(command::InitDatabase{std::string(body)});
    case CommandCode::kQuery:
      payload.erase(0, 1);
      return ask(command::Query{std::move(payload), (capabilities_ & kMultiStatements) != 0});
    case CommandCode::kFieldList: {
      Reader reader(body);
      const std::string table(reader.zero_ended());
      if (!reader.ok()) return fail(malformed_packet());
      return ask(command::FieldList{table, std::string(reader.rest())});
    }
    case CommandCode::kStatistics: return ask(command::Statistics{});
    case CommandCode::kProcessKill: {
      Reader reader(body);
      const std::uint32_t connection = reader.u32();
      if (!reader.ok()) return fail(malformed_packet());
      return ask(command::Kill{connection});
    }
    case CommandCode::kPing: answer_ok({.status = status_}); return done(std::nullopt);
    case CommandCode::kChangeUser: return change_user(body);
    case CommandCode::kSetOption: {
      Reader reader(body);
      const std::uint16_t option = reader.u16();
      if (!reader.ok()) return fail(malformed_packet());
      if (option > 1) {
        answer_error(unknown_command());
        return done(std::nullopt);
      }
      capabilities_ = option == 0 ? capabilities_ | kMultiStatements : capabilities_ & ~kMultiStatements;
      Reply reply({capabilities_, packets_.sequence(), false});
      reply.end({.status = status_});
      send(reply.take());
      return done(std::nullopt);
    }
    case CommandCode::kResetConnection: statements_.close_all(); return ask(command::ResetConnection{});
    case CommandCode::kSendLongData: statements_.long_data(body); return done(std::nullopt);
    case CommandCode::kPrepare:
    case CommandCode::kExecute:
    case CommandCode::kCloseStatement:
    case CommandCode::kResetStatement:
    case CommandCode::kFetch: {
      auto event = take_statement_command(code, body);
      return event.has_value() ? std::move(event) : done(std::nullopt);
    }
  }
  answer_error(unknown_command());
  return done(std::nullopt);
}

std::optional<Event> Session::take_statement_command(CommandCode code, std::string_view body) {
  if (code == CommandCode::kPrepare) {
    auto statement = statements_.reserve();
    if (statement.ok()) {
      preparing_ = *statement;
      return ask(command::Prepare{*statement, std::string(body)});
    }
    answer_error(statement.error());
    return std::nullopt;
  }
  if (code == CommandCode::kExecute) {
    auto execute = statements_.execute(body);
    if (execute.ok()) return ask(std::move(*execute), true);
    if (execute.error().number == malformed_packet().number) return fail(execute.error());
    answer_error(execute.error());
    return std::nullopt;
  }
  Reader reader(body);
  const std::uint32_t statement = reader.u32();
  if (code == CommandCode::kCloseStatement) {
    if (!reader.ok()) return fail(malformed_packet());
    statements_.close(statement);
    return std::nullopt;
  }
  const bool fetch = code == CommandCode::kFetch;
  const std::uint32_t rows = fetch ? reader.u32() : 0;
  if (!reader.ok()) return fail(malformed_packet());
  if (!statements_.known(statement)) {
    answer_error(unknown_statement(statement, fetch ? "mysqld_stmt_fetch" : "mysqld_stmt_reset"));
    return std::nullopt;
  }
  if (fetch) return ask(command::Fetch{statement, rows}, true);
  statements_.reset(statement);
  return ask(command::ResetStatement{statement});
}

// --- files ------------------------------------------------------------------------------------------------

void Session::wait_for_file(std::uint8_t next_sequence) {
  if (state_ != State::kBusy) return;
  state_ = State::kFile;
  packets_.expect(next_sequence);
}

std::optional<Event> Session::take_file(std::string payload) {
  const bool last = payload.empty();
  if (last) state_ = State::kBusy;
  return event::InfileData{std::move(payload), last, packets_.sequence()};
}

}  // namespace murmel::mysql
