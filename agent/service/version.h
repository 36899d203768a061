// The release, as `murmel --version` and the status say it.
#pragma once

namespace murmel::service {

const char* version();

}  // namespace murmel::service
