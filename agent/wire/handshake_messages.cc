#include "agent/wire/handshake_messages.h"

#include "agent/wire/flat.h"
#include "schemas/peer_generated.h"

namespace murmel::wire {
namespace {

Error bad_handshake(const char* what) {
  return {ErrorCode::kCorrupt, std::string("the handshake has ") + what};
}

template <typename Table>
const Table* verified(ByteView bytes) {
  flatbuffers::Verifier verifier(bytes.data(), bytes.size());
  return verifier.VerifyBuffer<Table>(nullptr) ? flatbuffers::GetRoot<Table>(bytes.data()) : nullptr;
}

template <std::size_t kSize>
bool copy_exact(const flatbuffers::Vector<std::uint8_t>& from, std::array<std::uint8_t, kSize>& to) {
  if (from.size() != kSize) return false;
  std::copy(from.begin(), from.end(), to.begin());
  return true;
}

// The sentence goes to a log: one line, printable.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kSentenceBytesMax));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return line;
}

// What a clock stamp can hold (core/hlc.h): until the year 6429.
bool plausible(WallMs wall_ms) {
  return wall_ms >= 0 && wall_ms < WallMs{1} << 47;
}

}  // namespace

std::string encode(const Hello& hello) {
  flatbuffers::FlatBufferBuilder builder(512);
  const flat::Id128 uuid(flatbuffers::make_span(hello.uuid.bytes));
  const auto cluster = builder.CreateString(hello.cluster);
  const auto nonce = builder.CreateVector(hello.nonce.data(), hello.nonce.size());
  const auto advertise = builder.CreateString(hello.advertise);
  builder.Finish(flat::CreateHello(builder, hello.version_min, hello.version_max, hello.node, &uuid, cluster,
                                   nonce, hello.wall_ms, advertise));
  return finished(builder);
}

std::string encode(const Proof& proof) {
  flatbuffers::FlatBufferBuilder builder(128);
  const auto mac = builder.CreateVector(proof.mac.data(), proof.mac.size());
  builder.Finish(flat::CreateProof(builder, proof.wall_ms, mac));
  return finished(builder);
}

std::string encode(const Refusal& refusal) {
  flatbuffers::FlatBufferBuilder builder(512);
  const auto sentence = builder.CreateString(one_line(refusal.sentence));
  builder.Finish(flat::CreateRefusal(builder, static_cast<std::uint8_t>(refusal.code), sentence));
  return finished(builder);
}

Result<Hello> decode_hello(ByteView bytes) {
  const Aligned aligned(bytes);
  const auto* flat = verified<flat::Hello>(aligned.view());
  if (flat == nullptr) return bad_handshake("a Hello that can't be read");
  Hello hello;
  hello.version_min = flat->version_min();
  hello.version_max = flat->version_max();
  hello.node = flat->node();
  const auto* uuid = flat->uuid()->bytes();
  std::copy(uuid->begin(), uuid->end(), hello.uuid.bytes.begin());
  hello.cluster = text_of(flat->cluster());
  hello.wall_ms = flat->wall_ms();
  hello.advertise = text_of(flat->advertise());
  if (hello.version_min > hello.version_max) return bad_handshake("no protocol version");
  if (hello.node == 0 || hello.node > kNodeIdMax) return bad_handshake("a node id outside 1 .. 2147483647");
  if (!copy_exact(*flat->nonce(), hello.nonce)) return bad_handshake("a nonce of the wrong size");
  if (hello.cluster.size() > kNameBytesMax || !printable(hello.cluster))
    return bad_handshake("an impossible cluster name");
  if (hello.advertise.size() > kNameBytesMax || !printable(hello.advertise))
    return bad_handshake("an impossible address");
  if (!plausible(hello.wall_ms)) return bad_handshake("an impossible time");
  return hello;
}

Result<Proof> decode_proof(ByteView bytes) {
  const Aligned aligned(bytes);
  const auto* flat = verified<flat::Proof>(aligned.view());
  if (flat == nullptr) return bad_handshake("a Proof that can't be read");
  Proof proof;
  proof.wall_ms = flat->wall_ms();
  if (!copy_exact(*flat->mac(), proof.mac)) return bad_handshake("a proof of the wrong size");
  if (!plausible(proof.wall_ms)) return bad_handshake("an impossible time");
  return proof;
}

Result<Refusal> decode_refusal(ByteView bytes) {
  const Aligned aligned(bytes);
  const auto* flat = verified<flat::Refusal>(aligned.view());
  if (flat == nullptr) return bad_handshake("a Refusal that can't be read");
  const bool known = flat->code() <= static_cast<std::uint8_t>(RefusalCode::kSelf);
  return Refusal{known ? static_cast<RefusalCode>(flat->code()) : RefusalCode::kOther,
                 one_line(text_of(flat->sentence()))};
}

}  // namespace murmel::wire
