// What the parts of change.h share: users (change.cc) and grants (change_grants.cc).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/accounts/change.h"

namespace murmel::accounts {

struct Changing {
  const sql::AccountCommand& command;
  const Author& author;
  const Accounts& accounts;
  Rows* rows;
  std::vector<Note> notes;
};

Refusal grant(Changing& changing);
Refusal revoke(Changing& changing);
Refusal revoke_all(Changing& changing);

// 1227: `id` has SUPER and the author has not.
Refusal check_may_change(const Changing& changing, const AccountId& id);

}  // namespace murmel::accounts
