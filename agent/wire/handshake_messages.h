// The messages of the handshake as plain values. Encoded with FlatBuffers (schemas/peer.fbs); decoding
// verifies structure, sizes and ranges first. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "agent/base/bytes.h"
#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/base/time.h"

namespace murmel::wire {

// Versions of the peer protocol that this build speaks. Version 1, never released, takes the positions of
// decided transactions for damage.
inline constexpr std::uint16_t kProtocolMin = 2;
inline constexpr std::uint16_t kProtocolMax = 3;
inline constexpr std::uint16_t kProtocolEpochs = 3;  // the first that knows core::EpochMessage

using Nonce = std::array<std::uint8_t, 32>;
using Mac = std::array<std::uint8_t, 32>;

inline constexpr std::size_t kNameBytesMax = 255;      // cluster name, advertised address
inline constexpr std::size_t kSentenceBytesMax = 500;  // of a refusal

struct Hello {
  std::uint16_t version_min = kProtocolMin;
  std::uint16_t version_max = kProtocolMax;
  NodeId node = 0;
  Uuid uuid;
  std::string cluster;
  Nonce nonce{};
  WallMs wall_ms = 0;
  std::string advertise;
};

struct Proof {
  WallMs wall_ms = 0;
  Mac mac{};
};

// Codes are part of the protocol.
enum class RefusalCode : std::uint8_t {
  kOther = 0,
  kVersion = 1,
  kCluster = 2,
  kSecret = 3,
  kIdentity = 4,  // the node id belongs to another data directory
  kClock = 5,
  kDuplicate = 6,  // there is a link already, or one being made: nothing is wrong
  kFull = 7,
  kNotAdmitted = 8,
  kSelf = 9,  // a node has dialed itself: nothing is wrong
};

struct Refusal {
  RefusalCode code = RefusalCode::kOther;
  std::string sentence;
};

std::string encode(const Hello& hello);
std::string encode(const Proof& proof);
std::string encode(const Refusal& refusal);

// Errors: kCorrupt.
Result<Hello> decode_hello(ByteView bytes);
Result<Proof> decode_proof(ByteView bytes);
Result<Refusal> decode_refusal(ByteView bytes);

}  // namespace murmel::wire
