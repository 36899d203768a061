// The numbers of the MySQL client/server protocol 4.1 (dev.mysql.com, "MySQL Client/Server Protocol"), as far
// as they are used here. Names follow that document. Plain constants; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace murmel::mysql {

// What one side can do; both may use what both have said.
enum Capability : std::uint32_t {
  kLongPassword = 1U << 0,  // MariaDB's clients take a server without it for one with their own extensions
  kFoundRows = 1U << 1,
  kLongFlag = 1U << 2,
  kConnectWithDatabase = 1U << 3,
  kCompress = 1U << 5,
  kLocalFiles = 1U << 7,
  kIgnoreSpace = 1U << 8,
  kProtocol41 = 1U << 9,
  kInteractive = 1U << 10,
  kTls = 1U << 11,
  kTransactions = 1U << 13,
  kSecureConnection = 1U << 15,
  kMultiStatements = 1U << 16,
  kMultiResults = 1U << 17,
  kPreparedMultiResults = 1U << 18,
  kPluginAuth = 1U << 19,
  kConnectAttributes = 1U << 20,
  kLongAuthData = 1U << 21,
  kSessionTrack = 1U << 23,
  kDeprecateEof = 1U << 24,
  kZstd = 1U << 26,
};

enum ServerStatus : std::uint16_t {
  kInTransaction = 0x0001,
  kAutocommit = 0x0002,
  kMoreResults = 0x0008,
  kCursorExists = 0x0040,
  kLastRowSent = 0x0080,
  kDatabaseDropped = 0x0100,
  kNoBackslashEscapes = 0x0200,
  kInReadOnlyTransaction = 0x2000,
  kSessionStateChanged = 0x4000,
};

enum class CommandCode : std::uint8_t {
  kQuit = 0x01,
  kInitDatabase = 0x02,
  kQuery = 0x03,
  kFieldList = 0x04,
  kStatistics = 0x09,
  kProcessKill = 0x0c,
  kPing = 0x0e,
  kChangeUser = 0x11,
  kPrepare = 0x16,
  kExecute = 0x17,
  kSendLongData = 0x18,
  kCloseStatement = 0x19,
  kResetStatement = 0x1a,
  kSetOption = 0x1b,
  kFetch = 0x1c,
  kResetConnection = 0x1f,
};

enum class ColumnType : std::uint8_t {
  kDecimal = 0x00,
  kTiny = 0x01,
  kShort = 0x02,
  kLong = 0x03,
  kFloat = 0x04,
  kDouble = 0x05,
  kNull = 0x06,
  kTimestamp = 0x07,
  kLongLong = 0x08,
  kInt24 = 0x09,
  kDate = 0x0a,
  kTime = 0x0b,
  kDatetime = 0x0c,
  kYear = 0x0d,
  kVarchar = 0x0f,
  kBit = 0x10,
  kJson = 0xf5,
  kNewDecimal = 0xf6,
  kEnum = 0xf7,
  kSet = 0xf8,
  kTinyBlob = 0xf9,
  kMediumBlob = 0xfa,
  kLongBlob = 0xfb,
  kBlob = 0xfc,
  kVarString = 0xfd,
  kString = 0xfe,
  kGeometry = 0xff,
};

enum ColumnFlag : std::uint16_t {
  kNotNull = 1U << 0,
  kPrimaryKey = 1U << 1,
  kUniqueKey = 1U << 2,
  kMultipleKey = 1U << 3,
  kBlobFlag = 1U << 4,
  kUnsigned = 1U << 5,
  kZerofill = 1U << 6,
  kBinary = 1U << 7,
  kEnumFlag = 1U << 8,
  kAutoIncrement = 1U << 9,
  kTimestampFlag = 1U << 10,
  kSetFlag = 1U << 11,
  kNoDefault = 1U << 12,
  kOnUpdateNow = 1U << 13,
  kPartOfKey = 1U << 14,
  kNumber = 1U << 15,
};

// Collation ids in columns and handshakes.
inline constexpr std::uint16_t kUtf8mb4GeneralCi = 45;
inline constexpr std::uint16_t kBinaryCharset = 63;
inline constexpr std::uint16_t kUtf8mb40900AiCi = 255;

inline constexpr std::size_t kPacketHeaderBytes = 4;
inline constexpr std::size_t kPacketBytesMax = 0xffffff;  // a longer payload goes on in the next packet
inline constexpr std::size_t kNonceBytes = 20;
inline constexpr char kNativePassword[] = "mysql_native_password";
inline constexpr char kCachingSha2Password[] = "caching_sha2_password";

}  // namespace murmel::mysql
