// The extension's version, as murmel_version() says it. Kept equal to the project's by a test.
#pragma once

namespace murmel::extension {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace murmel::extension
