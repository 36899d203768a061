#include <doctest/doctest.h>

#include "agent/base/random.h"
#include "agent/wire/commit_journal.h"
#include "agent/wire/messages.h"
#include "tests/unit/wire/commit_sample.h"

using namespace murmel;
using namespace murmel::wire;

namespace {

void refuses(const core::CommitMessage& message) {
  const auto decoded = decode(as_bytes(encode("main", message)));
  REQUIRE_FALSE(decoded.ok());
  CHECK(decoded.error().code == ErrorCode::kCorrupt);
}

void refuses(const core::Transaction& transaction) {
  refuses(core::Prepare{{}, 1, {transaction}});
}

}  // namespace

TEST_CASE("a transaction that can't be is refused") {
  core::Transaction transaction = sample_transaction();
  SUBCASE("of a node's own log") {
    transaction.change.origin = 2;
  }
  SUBCASE("of nobody") {
    transaction.change.origin = kDecidedBit;
  }
  SUBCASE("in parts") {
    transaction.change.more = true;
  }
  SUBCASE("before the first slot") {
    transaction.change.seq = 0;
  }
  SUBCASE("a claim twice") {
    transaction.claims = {3, 3};
  }
  SUBCASE("claims out of order") {
    transaction.claims = {4, 3};
  }
  SUBCASE("too many claims") {
    transaction.claims.resize(kClaimsMax + 1);
    for (std::size_t i = 0; i < transaction.claims.size(); ++i) transaction.claims[i] = i;
  }
  SUBCASE("shared claims out of order") {
    transaction.shared = {4, 3};
  }
  SUBCASE("seen of nobody") {
    transaction.seen = {{0, 1}};
  }
  refuses(transaction);
}

TEST_CASE("a transaction without claims or positions comes back wherever it lies in the message") {
  for (std::size_t bytes = 0; bytes < 16; ++bytes) {
    core::Transaction transaction = sample_transaction();
    transaction.claims.clear();
    transaction.shared.clear();
    transaction.seen.clear();
    transaction.change.depends.clear();
    transaction.change.rows = SharedBytes(std::string(bytes + 1, 'r'));
    const core::CommitMessage message = core::Prepare{{}, 1, {transaction}};
    const auto decoded = decode(as_bytes(encode("main", message)));
    REQUIRE(decoded.ok());
    REQUIRE(std::holds_alternative<core::Prepare>(decoded->body));
    CHECK(std::get<core::Prepare>(decoded->body) == std::get<core::Prepare>(message));
  }
}

TEST_CASE("a slot, a ballot or a reason that can't be is refused") {
  refuses(core::Votes{{}, 1, {{{2, 7}, {}, {}}}});
  refuses(core::Votes{{}, 1, {{slot_of(2, 0), {}, {}}}});
  refuses(core::Votes{{}, 1, {{slot_of(2, 1), static_cast<core::VoteReason>(99), {}}}});
  refuses(core::Votes{{}, 1, {{slot_of(2, 1), core::VoteReason::kBusy, {2, 1}}}});
  refuses(core::Accept{{}, 1, {{slot_of(2, 1), {}, {1, kNodeIdMax + 1}, true}}});
  refuses(core::Recover{{}, 1, {{slot_of(2, 1), core::Hlc{-1}, {1, 1}}}});
  refuses(core::Decided{{}, {{{2, 1}, {}, true}}});
  core::Promised promised{.slot = slot_of(2, 1), .accepted = core::Proposal{.slot = slot_of(2, 2)}};
  refuses(core::Promise{{}, 1, {promised}});
}

TEST_CASE("empty messages and those with too much are refused") {
  refuses(core::Prepare{});
  refuses(core::Decided{});
  core::Decided decided;
  decided.decisions.assign(kCommitItemsMax + 1, {slot_of(2, 1), {}, true});
  refuses(decided);
}

TEST_CASE("change sets of decided origins are replicated like any other") {
  core::ChangeSet change = sample_transaction().change;
  const PeerMessage message{"main", core::Changes{{}, {change}}};
  const auto decoded = decode(as_bytes(encode(message)));
  REQUIRE(decoded.ok());
  CHECK(*decoded == message);
}

TEST_CASE("every kind of journal record comes back as it was") {
  for (const core::journal::Record& record : journal_records()) {
    CAPTURE(record.index());
    const auto decoded = decode_journal(as_bytes(encode(record)));
    REQUIRE(decoded.ok());
    CHECK(*decoded == record);
  }
  CHECK_EQ(journal_records().size(), std::variant_size_v<core::journal::Record>);
}

TEST_CASE("damaged journal records are errors or other records, never a crash") {
  Random random(5);
  for (const core::journal::Record& record : journal_records()) {
    const std::string bytes = encode(record);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      static_cast<void>(decode_journal(as_bytes(bytes).first(size)));
    }
    for (int i = 0; i < 2'000; ++i) {
      std::string bad = bytes;
      bad[random.below(bad.size())] = static_cast<char>(random.next());
      static_cast<void>(decode_journal(as_bytes(bad)));
    }
  }
}
