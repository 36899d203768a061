// Golden scripts: text files of commands, each followed by `----` and the output it must have, up to an empty
// line. With --rewrite the outputs are replaced by what the commands give now; the change is then reviewed as
// text.
#pragma once

#include <functional>
#include <string>

namespace murmel::golden {

// Runs one file. `command` gets a line and returns its output. True if all outputs were as written (or
// rewritten).
bool run_script(const std::string& path, bool rewrite,
                const std::function<std::string(const std::string&)>& command);

}  // namespace murmel::golden
