// Patterns in accounts and grants: hosts ('10.0.%', '10.0.0.0/255.255.0.0', '10.0.0.0/16') and databases
// ('app\_%'), and which of several is the more specific (dev.mysql.com, "Access Control, Stage 1"). Names are
// not resolved: a client's host is its address, and "localhost" is this machine, by a Unix socket or a
// loopback address. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace murmel::accounts {

// Where a client is.
struct Peer {
  std::string address;    // numeric, or "localhost" for a Unix socket
  bool loopback = false;  // or a Unix socket
};

// LIKE's: % any characters, _ one, \ takes the next as it is. Bytes are compared as they are.
bool wild_match(std::string_view pattern, std::string_view text);
bool has_wildcard(std::string_view pattern);
// Without the backslashes.
std::string without_escapes(std::string_view pattern);

// Host patterns are taken without regard to case.
bool host_matches(std::string_view pattern, const Peer& peer);

// The more specific pattern has the greater rank: without wildcards before networks before patterns, these by
// the place of their first wildcard; '%' and '' last.
int host_rank(std::string_view pattern);
int database_rank(std::string_view pattern);

}  // namespace murmel::accounts
