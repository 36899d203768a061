#include "agent/service/commit_request.h"

#include <algorithm>
#include <string_view>

#include "agent/functions/collation.h"
#include "agent/store/payload_filter.h"
#include "schemas/commit_socket.h"
#include "schemas/row_stream.h"

namespace murmel::service {
namespace {

namespace format = commit_socket;

constexpr std::size_t kPathBytesMax = 4'096;
constexpr std::uint32_t kTimeoutMsMax = 3'600'000;
constexpr std::size_t kTextBytesMax = 1'000;  // of an answer's sentence

Error nonsense() {
  return {ErrorCode::kCorrupt, "a request on the commit socket makes no sense"};
}

// Reads little-endian numbers and texts in order. Once something is missing all that follows is empty, and
// bad() says so.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  template <typename Integer>
  Integer integer() {
    std::uint64_t value = 0;
    if (!has(sizeof(Integer))) return 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i) value |= std::uint64_t{bytes_[at_ + i]} << (8 * i);
    at_ += sizeof(Integer);
    return static_cast<Integer>(value);
  }
  std::string_view text() {
    const auto size = integer<std::uint32_t>();
    if (!has(size)) return {};
    const std::string_view value = as_text(bytes_.subspan(at_, size));
    at_ += size;
    return value;
  }
  // A count of things that take `least` bytes or more each.
  std::uint32_t count(std::uint32_t maximum, std::size_t least) {
    const auto count = integer<std::uint32_t>();
    if (count > maximum || count * least > bytes_.size() - at_) bad_ = true;
    return bad_ ? 0 : count;
  }
  void fail() { bad_ = true; }
  bool bad() const { return bad_; }
  bool whole() const { return !bad_ && at_ == bytes_.size(); }

 private:
  bool has(std::size_t size) {
    if (bad_ || size > bytes_.size() - at_) bad_ = true;
    return !bad_;
  }

  ByteView bytes_;
  std::size_t at_ = 0;
  bool bad_ = false;
};

core::VersionVector read_positions(Reader& reader) {
  core::VersionVector positions;
  const auto count = reader.count(format::kPositionsMax, 12);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto origin = reader.integer<std::uint32_t>();
    const auto seq = reader.integer<std::int64_t>();
    const bool valid = origin == kSelfInLog || node_of_origin(origin) != 0;
    if (!valid || seq < 0 || !positions.emplace(origin, seq).second) reader.fail();
  }
  return positions;
}

store::UniqueIndex::Column read_column(Reader& reader, std::uint8_t version) {
  const std::string_view name = reader.text();
  const auto collation = reader.integer<std::uint8_t>();
  if (collation > row_stream::kOther) reader.fail();
  const bool named = collation == row_stream::kOther && version >= format::kVersionCollations;
  return {std::string(name), static_cast<row_stream::Collation>(collation),
          std::string(named ? reader.text() : std::string_view())};
}

void read_indexes(Reader& reader, std::uint8_t version, std::vector<store::UniqueIndex>& indexes) {
  const auto count = reader.count(format::kIndexesMax, 9);
  for (std::uint32_t i = 0; i < count && !reader.bad(); ++i) {
    store::UniqueIndex& index = indexes.emplace_back();
    index.table = reader.text();
    index.partial_or_expression = reader.integer<std::uint8_t>() != 0;
    const auto columns = reader.count(format::kIndexesMax, 5);
    for (std::uint32_t column = 0; column < columns && !reader.bad(); ++column) {
      index.columns.push_back(read_column(reader, version));
    }
  }
}

void read_foreign_keys(Reader& reader, std::uint8_t version, std::vector<store::ForeignKey>& keys) {
  const auto count = reader.count(format::kIndexesMax, 13);
  for (std::uint32_t i = 0; i < count && !reader.bad(); ++i) {
    store::ForeignKey& key = keys.emplace_back();
    key.child = reader.text();
    key.parent.table = reader.text();
    key.parent.partial_or_expression = reader.integer<std::uint8_t>() != 0;
    const auto columns = reader.count(format::kIndexesMax, 9);
    for (std::uint32_t column = 0; column < columns && !reader.bad(); ++column) {
      key.columns.emplace_back(reader.text());
      key.parent.columns.push_back(read_column(reader, version));
    }
  }
}

store::KeyConstraints read_constraints(Reader& reader, std::uint8_t version) {
  store::KeyConstraints constraints;
  read_indexes(reader, version, constraints.indexes);
  if (version >= format::kVersionForeignKeys) read_foreign_keys(reader, version, constraints.foreign_keys);
  return constraints;
}

Result<LocalRequest> read_commit(Reader& reader, std::uint8_t version) {
  CommitRequest request;
  request.version = version;
  const auto level = reader.integer<std::uint8_t>();
  if (level < format::kQuorum || level > format::kThree) reader.fail();
  request.level = static_cast<core::CommitLevel>(level);
  request.timeout = milliseconds(std::min(reader.integer<std::uint32_t>(), kTimeoutMsMax));
  request.hlc.value = reader.integer<std::int64_t>();
  if (request.hlc.value < 0) reader.fail();
  request.schema_version = reader.integer<std::uint32_t>();
  request.database = reader.text();
  request.seen = read_positions(reader);
  request.constraints = read_constraints(reader, version);
  const auto payloads = reader.count(format::kPayloadBytesMax, 4);
  std::size_t bytes = 0;
  for (std::uint32_t i = 0; i < payloads && !reader.bad(); ++i) {
    request.payloads.emplace_back(reader.text());
    bytes += request.payloads.back().size();
  }
  if (!reader.whole() || request.database.size() > kPathBytesMax || payloads == 0) return nonsense();
  if (bytes > format::kPayloadBytesMax) {
    return Error{ErrorCode::kRefused, "the transaction is too large to be decided at a quorum (" +
                                          std::to_string(bytes) + " bytes of changes, " +
                                          std::to_string(format::kPayloadBytesMax) + " at most)"};
  }
  return LocalRequest(std::move(request));
}

void append(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

// Of the collations that MySQL clients' tables have.
store::SortKey sort_key_of(const std::string& name) {
  const functions::Collation* const collation = functions::find_collation(name);
  if (collation == nullptr) return {};
  return [collation](std::string_view text) { return collation->sort_key(text); };
}

// One row stream of several: a table's number may be given again, so only the version byte is left out.
SharedBytes joined(const std::vector<std::string>& payloads) {
  std::string rows = payloads.front();
  for (std::size_t i = 1; i < payloads.size(); ++i) rows.append(payloads[i], 1, std::string::npos);
  return SharedBytes(std::move(rows));
}

}  // namespace

Result<LocalRequest> parse_request(ByteView message) {
  Reader reader(message);
  const auto kind = reader.integer<std::uint8_t>();
  const auto version = reader.integer<std::uint8_t>();
  if (reader.bad()) return nonsense();
  if (kind != format::kCommit && kind != format::kStatus && kind != format::kRead) return nonsense();
  if (version < format::kVersionMin || version > format::kVersion) {
    return Error{ErrorCode::kRefused,
                 "the extension and the agent are of releases that don't understand each other; "
                 "load the extension that came with the agent"};
  }
  if (kind == format::kCommit) return read_commit(reader, version);
  if (kind == format::kStatus) {
    OutcomeRequest request;
    request.database = reader.text();
    request.slot.origin = reader.integer<std::uint32_t>();
    request.slot.seq = reader.integer<std::int64_t>();
    const bool valid = is_decided_origin(request.slot.origin) && node_of_origin(request.slot.origin) != 0;
    if (!reader.whole() || !valid || request.slot.seq <= 0) return nonsense();
    return LocalRequest(std::move(request));
  }
  ReadRequest request;
  request.database = reader.text();
  request.timeout = milliseconds(std::min(reader.integer<std::uint32_t>(), kTimeoutMsMax));
  if (version >= format::kVersionHoldBack) {
    request.hold_back = milliseconds(std::min(reader.integer<std::uint32_t>(), kTimeoutMsMax));
  }
  if (!reader.whole()) return nonsense();
  return LocalRequest(std::move(request));
}

Result<store::KeyConstraints> parse_constraints(ByteView bytes) {
  Reader reader(bytes);
  store::KeyConstraints constraints = read_constraints(reader, format::kVersion);
  if (!reader.whole()) return nonsense();
  return constraints;
}

std::string encode_answer(const core::CommitEffects::Reply& reply, const core::VersionVector& positions) {
  std::string out;
  append(out, format::kAnswer, 1);
  append(out, static_cast<std::uint8_t>(reply.outcome), 1);
  append(out, reply.slot.origin, 4);
  append(out, static_cast<std::uint64_t>(reply.slot.seq), 8);
  append(out, static_cast<std::uint64_t>(reply.hlc.value), 8);
  const std::string_view text = std::string_view(reply.text).substr(0, kTextBytesMax);
  append(out, text.size(), 4);
  out += text;
  append(out, positions.size(), 4);
  for (const auto& [origin, seq] : positions) {
    append(out, origin, 4);
    append(out, static_cast<std::uint64_t>(seq), 8);
  }
  return out;
}

std::string encode_named(const core::Position& slot) {
  std::string out;
  append(out, format::kNamed, 1);
  append(out, slot.origin, 4);
  append(out, static_cast<std::uint64_t>(slot.seq), 8);
  return out;
}

core::VersionVector own_positions(const core::VersionVector& seen, NodeId self) {
  core::VersionVector positions;
  for (const auto& [origin, seq] : seen) {
    if (seq > 0) positions[origin == kSelfInLog ? self : origin] = seq;
  }
  return positions;
}

std::vector<core::Position> depends_on(const core::VersionVector& seen, NodeId self) {
  std::vector<core::Position> depends;
  for (const auto& [origin, seq] : own_positions(seen, self)) depends.push_back({origin, seq});
  return depends;
}

Result<core::Transaction> transaction_of(const CommitRequest& request, NodeId self,
                                         const store::TableFilter& filter, const LockedRows& locked) {
  core::Transaction transaction;
  transaction.change.hlc = request.hlc;
  transaction.change.schema_version = request.schema_version;
  if (std::any_of(request.payloads.begin(), request.payloads.end(),
                  [](const std::string& payload) { return payload.empty(); })) {
    return Error{ErrorCode::kCorrupt, "an empty payload"};
  }
  TRY_ASSIGN(transaction.change.rows, store::filter_payload(joined(request.payloads), filter));
  transaction.seen = own_positions(request.seen, self);
  transaction.change.depends = depends_on(request.seen, self);
  const ByteView rows = transaction.change.rows.view();
  TRY_ASSIGN(store::Claims claims, store::claims_of({&rows, 1}, request.constraints, sort_key_of));
  TRY(store::add_row_claims(locked.alone, locked.shared, claims));
  transaction.claims = std::move(claims.written);
  transaction.shared = std::move(claims.shared);
  return transaction;
}

}  // namespace murmel::service
