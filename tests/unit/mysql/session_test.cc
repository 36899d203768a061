#include <doctest/doctest.h>

#include "tests/unit/mysql/client.h"

using namespace murmel::mysql;
using namespace murmel::mysql::test;
using namespace std::string_literals;

namespace {

std::uint16_t error_number(std::string_view payload) {
  if (payload.empty() || payload[0] != '\xff') return 0;
  Reader reader(payload.substr(1));
  return reader.u16();
}

// Lets the client prepare a statement with so many parameters; its number.
std::uint32_t prepare(Session& session, std::size_t parameters) {
  session.receive(command_packet(CommandCode::kPrepare, "select ?"));
  const auto asked = next<event::Asked>(session);
  REQUIRE(asked.has_value());
  const std::uint32_t statement = std::get<command::Prepare>(asked->command).statement;
  session.finished({.status = kAutocommit, .prepared = statement, .parameters = parameters});
  return statement;
}

std::string number(std::uint32_t value, int size = 4) {
  std::string out;
  put_fixed(out, value, size);
  return out;
}

}  // namespace

TEST_CASE("A client that knows the password is greeted, authenticated and let in") {
  Session session(options());
  const auto greeting = payloads(session.take_output(), 0);
  REQUIRE(greeting.size() == 1);
  CHECK(
      greeting[0].starts_with("\x0a"
                              "8.0.0-test\0"s));
  CHECK(!session.next().has_value());
  const std::string proof = exclusive_or(sha1("pw"), sha1(kNonce, sha1(sha1("pw"))));
  session.receive(packet(login_payload(kUsual, "anna", proof, kNativePassword, "shop"), 1));
  const auto login = next<event::Login>(session);
  REQUIRE(login.has_value());
  CHECK(login->user == "anna");
  session.account(native("pw"), "localhost");
  const auto in = next<event::Authenticated>(session);
  REQUIRE(in.has_value());
  CHECK(in->database == "shop");
  CHECK(in->collation == 45);
  CHECK(!session.authenticated());
  session.admit({.status = kAutocommit});
  CHECK(payloads(session.take_output(), 2) == std::vector{"\0\0\0\x02\0\0\0"s});
  CHECK(session.ready());
}

TEST_CASE("A wrong password is refused with 1045, and the connection ends") {
  Session session(options());
  (void)session.take_output();
  session.receive(packet(login_payload(kUsual, "anna", "01234567890123456789", kNativePassword), 1));
  (void)session.next();
  session.account(native("pw"), "10.0.0.1");
  CHECK(next<event::Left>(session).has_value());
  const auto answer = payloads(session.take_output(), 2);
  REQUIRE(answer.size() == 1);
  CHECK(error_number(answer[0]) == 1045);
  CHECK(answer[0].find("'anna'@'10.0.0.1' (using password: YES)") != std::string::npos);
  session.receive(command_packet(CommandCode::kPing));
  CHECK(!session.next().has_value());
}

TEST_CASE("A client that wants TLS gets it before it says who it is") {
  SessionOptions given = options();
  given.tls = true;
  Session session(given);
  (void)session.take_output();
  std::string request;
  put_fixed(request, kUsual | kTls, 4);
  put_fixed(request, 1 << 24, 4);
  put_fixed(request, 45, 1);
  request.append(23, '\0');
  session.receive(packet(request, 1) + "client hello");
  CHECK(next<event::StartTls>(session).has_value());
  CHECK(session.take_rest() == "client hello");
  session.tls_started();
  session.receive(packet(login_payload(kUsual | kTls, "anna", "", kNativePassword), 2));
  CHECK(next<event::Login>(session).has_value());
}

TEST_CASE("A query is asked once, answered, and the next one waits for that") {
  Session session = logged_in();
  session.receive(command_packet(CommandCode::kQuery, "select 1") +
                  command_packet(CommandCode::kQuery, "select 2"));
  const auto asked = next<event::Asked>(session);
  REQUIRE(asked.has_value());
  CHECK(std::get<command::Query>(asked->command).sql == "select 1");
  CHECK(!session.next().has_value());
  Reply reply(asked->form);
  Column column;
  column.name = "1";
  column.type = ColumnType::kLongLong;
  reply.columns({column});
  REQUIRE(reply.row(std::vector<Value>{Value(std::int64_t{1})}));
  reply.end({.status = kAutocommit});
  session.send(reply.take());
  session.finished({.status = kAutocommit});
  const auto answer = payloads(session.take_output(), 1);
  REQUIRE(answer.size() == 5);  // count, column, EOF, row, EOF
  CHECK(answer[0] == "\x01");
  CHECK(
      answer[1].starts_with("\x03"
                            "def\0\0\0\x01"
                            "1\0\x0c"s));
  CHECK(answer[2] == "\xfe\0\0\0\0"s);
  CHECK(answer[3] ==
        "\x01"
        "1");
  CHECK(answer[4] == "\xfe\0\0\x02\0"s);
  const auto second = next<event::Asked>(session);
  REQUIRE(second.has_value());
  CHECK(std::get<command::Query>(second->command).sql == "select 2");
}

TEST_CASE("Clients that count columns get no EOF, and an OK packet at the end") {
  Reply reply({kDeprecateEof, 1, false});
  reply.columns({Column{}});
  reply.end({.status = kAutocommit});
  const auto answer = payloads(reply.take(), 1);
  REQUIRE(answer.size() == 3);
  CHECK(answer[2] == "\xfe\0\0\x02\0\0\0"s);
}

TEST_CASE("What a statement did is told with its length, as PHP wants it, whatever a client tracks") {
  for (const std::uint32_t flags : {std::uint32_t{0}, std::uint32_t{kSessionTrack}}) {
    Reply reply({flags, 1, false});
    reply.ok({.status = kAutocommit, .info = "Rows matched: 1"});
    CHECK(payloads(reply.take(), 1)[0] == "\0\0\0\2\0\0\0\x0fRows matched: 1"s);
  }
}

TEST_CASE("Clients that track the session are told what changed") {
  Reply reply({kSessionTrack, 1, false});
  reply.ok({.status = kAutocommit,
            .changes = {{SessionChange::Kind::kDatabase, "shop", ""},
                        {SessionChange::Kind::kVariable, "autocommit", "ON"}}});
  const auto answer = payloads(reply.take(), 1);
  CHECK(answer[0] ==
        "\0\0\0\x02\x40\0\0\0\x17\x01\x05\x04"
        "shop\0\x0e\x0a"
        "autocommit\x02"
        "ON"s);
}

TEST_CASE("A ping is answered at once; an unknown command is refused and nothing else happens") {
  Session session = logged_in();
  session.receive(command_packet(CommandCode::kPing));
  CHECK(!session.next().has_value());
  CHECK(payloads(session.take_output(), 1) == std::vector{"\0\0\0\x02\0\0\0"s});
  session.receive(packet("\x1e"));
  CHECK(!session.next().has_value());
  CHECK(error_number(payloads(session.take_output(), 1).at(0)) == 1047);
  CHECK(session.ready());
}

TEST_CASE("Packets that are empty or too large end the session") {
  for (const std::string& bytes : {packet(""), "\xff\xff\xff\0"s}) {
    SessionOptions given = options();
    given.packet_bytes_max = 1 << 20;
    Session session = logged_in(kUsual, given);
    session.receive(bytes);
    CHECK(next<event::Left>(session).has_value());
    CHECK(error_number(payloads(session.take_output(), 1).at(0)) >= 1153);
  }
}

TEST_CASE("A packet with another number than the next ends the session with 1156") {
  Session session = logged_in();
  session.receive(packet("\x0e", 3));
  CHECK(next<event::Left>(session).has_value());
}

TEST_CASE("A statement is prepared, bound, executed and closed") {
  Session session = logged_in();
  const std::uint32_t statement = prepare(session, 2);
  const std::string head = number(statement) + "\0\x01\0\0\0"s;
  session.receive(
      command_packet(CommandCode::kExecute, head + "\x02\x01\x08\0\xfd\0"s + number(5) + number(0)));
  auto asked = next<event::Asked>(session);
  REQUIRE(asked.has_value());
  CHECK(asked->form.binary);
  const auto& first = std::get<command::Execute>(asked->command);
  CHECK(first.parameters == std::vector<OwnedValue>{std::int64_t{5}, {}});
  session.finished({.status = kAutocommit});
  // The types need not be said again.
  session.receive(command_packet(CommandCode::kExecute, head + "\0\0"s + number(6) + number(0) +
                                                            "\x01"
                                                            "x"));
  asked = next<event::Asked>(session);
  REQUIRE(asked.has_value());
  CHECK(std::get<command::Execute>(asked->command).parameters ==
        std::vector<OwnedValue>{std::int64_t{6}, "x"s});
  session.finished({.status = kAutocommit});
  session.receive(command_packet(CommandCode::kCloseStatement, number(statement)) +
                  command_packet(CommandCode::kQuery, "q"));
  asked = next<event::Asked>(session);
  REQUIRE(asked.has_value());
  CHECK(asked->closed_statements == std::vector{statement});
  session.finished({.status = kAutocommit});
  (void)session.take_output();
  session.receive(command_packet(CommandCode::kExecute, head));
  CHECK(!session.next().has_value());
  CHECK(error_number(payloads(session.take_output(), 1).at(0)) == 1243);
}

TEST_CASE("Parameters need types where one is not NULL") {
  Session session = logged_in();
  const std::uint32_t statement = prepare(session, 2);
  const std::string head = number(statement) + "\0\x01\0\0\0"s;
  session.receive(command_packet(CommandCode::kExecute, head + "\x03\0"s));
  const auto asked = next<event::Asked>(session);
  REQUIRE(asked.has_value());
  CHECK(std::get<command::Execute>(asked->command).parameters == std::vector<OwnedValue>{{}, {}});
  session.finished({.status = kAutocommit});
  (void)session.take_output();
  session.receive(command_packet(CommandCode::kExecute, head + "\x02\0"s + number(5)));
  CHECK(!session.next().has_value());
  CHECK(error_number(payloads(session.take_output(), 1).at(0)) == 1210);
}

TEST_CASE("A parameter that came in pieces takes the place of its value, once") {
  Session session = logged_in();
  const std::uint32_t statement = prepare(session, 1);
  const std::string long_data = number(statement) + number(0, 2);
  session.receive(command_packet(CommandCode::kSendLongData, long_data + "abc") +
                  command_packet(CommandCode::kSendLongData, long_data + "def"));
  const std::string execute = number(statement) + "\0\x01\0\0\0\0\x01\xfc\0"s;
  session.receive(command_packet(CommandCode::kExecute, execute));
  const auto asked = next<event::Asked>(session);
  REQUIRE(asked.has_value());
  CHECK(std::get<command::Execute>(asked->command).parameters == std::vector<OwnedValue>{"abcdef"s});
  session.finished({.status = kAutocommit});
  session.receive(command_packet(CommandCode::kExecute, execute));  // no value now
  CHECK(next<event::Left>(session).has_value());
}

TEST_CASE("A statement that could not be prepared is unknown afterwards") {
  Session session = logged_in();
  session.receive(command_packet(CommandCode::kPrepare, "nonsense"));
  const auto asked = next<event::Asked>(session);
  const std::uint32_t statement = std::get<command::Prepare>(asked->command).statement;
  session.finished({.status = kAutocommit});
  session.receive(command_packet(CommandCode::kFetch, number(statement) + number(1)));
  CHECK(!session.next().has_value());
  CHECK(error_number(payloads(session.take_output(), 1).at(0)) == 1243);
}

TEST_CASE("A file of the client arrives between the two parts of an answer") {
  SessionOptions given = options();
  Session session = logged_in(kUsual | kLocalFiles, given);
  session.receive(command_packet(CommandCode::kQuery, "load data local infile 'f' into table t"));
  const auto asked = next<event::Asked>(session);
  Reply reply(asked->form);
  reply.ask_for_file("f");
  session.send(reply.take());
  session.wait_for_file(reply.sequence());
  CHECK(payloads(session.take_output(), 1) == std::vector{"\xfb"
                                                          "f"s});
  session.receive(packet("1,2\n", 2) + packet("", 3));
  auto data = next<event::InfileData>(session);
  REQUIRE(data.has_value());
  CHECK(data->bytes == "1,2\n");
  data = next<event::InfileData>(session);
  REQUIRE(data.has_value());
  CHECK(data->last);
  reply.go_on_from(data->next_sequence);
  reply.ok({.affected_rows = 1, .status = kAutocommit});
  session.send(reply.take());
  session.finished({.status = kAutocommit});
  CHECK(payloads(session.take_output(), 4).size() == 1);
}

TEST_CASE("After COM_CHANGE_USER the other user is asked for, and statements are gone") {
  Session session = logged_in();
  const std::uint32_t statement = prepare(session, 0);
  session.receive(command_packet(CommandCode::kChangeUser, "bea\0\0shop\0\x2d\0mysql_native_password\0"s));
  const auto login = next<event::Login>(session);
  REQUIRE(login.has_value());
  CHECK(login->user == "bea");
  session.account(native(""), "localhost");
  const auto in = next<event::Authenticated>(session);
  REQUIRE(in.has_value());
  CHECK(in->changed_user);
  CHECK(in->database == "shop");
  session.admit({.status = kAutocommit});
  (void)session.take_output();
  session.receive(command_packet(CommandCode::kQuery, "q"));
  CHECK(next<event::Asked>(session)->closed_statements == std::vector{statement});
}

TEST_CASE("With compression, commands and answers travel in frames") {
  for (const auto& [capability, kind] :
       {std::pair{kCompress, CompressionKind::kZlib}, {kZstd, CompressionKind::kZstd}}) {
    Session session = logged_in(kUsual | capability);
    Compression client(kind, 3);
    session.receive(client.pack(command_packet(CommandCode::kQuery, std::string(1000, 's'))));
    const auto asked = next<event::Asked>(session);
    REQUIRE(asked.has_value());
    CHECK(std::get<command::Query>(asked->command).sql.size() == 1000);
    Reply reply(asked->form);
    reply.ok({.status = kAutocommit});
    session.send(reply.take());
    session.finished({.status = kAutocommit});
    client.feed(session.take_output());
    auto answer = client.next();
    REQUIRE(answer.ok());
    CHECK(payloads(**answer, 1) == std::vector{"\0\0\0\x02\0\0\0"s});
  }
}

TEST_CASE("Connection attributes are handed over, and broken ones refuse the login") {
  std::string attributes;
  put_lenenc_text(attributes, "_client_name");
  put_lenenc_text(attributes, "test");
  std::string payload = login_payload(kUsual | kConnectAttributes, "me", "", kNativePassword);
  Session session(options());
  (void)session.take_output();
  std::string whole = payload;
  put_lenenc_text(whole, attributes);
  session.receive(packet(whole, 1));
  REQUIRE(next<event::Login>(session).has_value());
  session.account(native(""), "localhost");
  CHECK(next<event::Authenticated>(session)->attributes == Attributes{{"_client_name", "test"}});
  Session broken(options());
  (void)broken.take_output();
  broken.receive(packet(payload + "\x50", 1));
  CHECK(next<event::Left>(broken).has_value());
}
