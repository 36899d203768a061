"""The layer table: which folder may include which, and whose libraries it may name.

agent/ARCHITECTURE.md explains it; this file is what the build believes.
"""
import re

# Third-party headers, by the name used in the table below, and the pkg-config package to link with.
LIBRARIES = {
    "fmt": (r"fmt/", "fmt"),
    "xxhash": (r"xxhash\.h|xxh3\.h", "libxxhash"),
    "zlib": (r"zlib\.h", "zlib"),
    "zstd": (r"zstd\.h", "libzstd"),
    "flatbuffers": (r"flatbuffers/|.*_generated\.h", "flatbuffers"),
    "sqlite": (r"sqlite3(ext)?\.h", "sqlite3"),
    "libuv": (r"uv\.h", "libuv"),
    "openssl": (r"openssl/", "openssl"),
    "curl": (r"curl/", "libcurl"),
    "icu": (r"unicode/", "icu-i18n"),
    "gmp": (r"gmp(xx)?\.h", "gmpxx"),
    "spdlog": (r"spdlog/", "spdlog"),
    "json": (r"nlohmann/", "nlohmann_json"),
    "microhttpd": (r"microhttpd\.h", "libmicrohttpd"),
    "prometheus": (r"prometheus/", "prometheus-cpp-core"),
    "cli11": (r"CLI/", "CLI11"),
    "toml++": (r"toml\+\+/|toml\.hpp", "tomlplusplus"),
    "doctest": (r"doctest/", "doctest"),
    "benchmark": (r"benchmark/", "benchmark"),
}


class Folder:
    """`includes`: folders, or single headers of a folder. `pure`: layers 0 and 1, see IMPURE."""

    def __init__(self, layer, includes=(), libraries=(), pure=False):
        self.layer, self.includes, self.libraries, self.pure = layer, set(includes), set(libraries), pure


TABLE = {
    "agent/base": Folder(0, [], ["fmt", "xxhash"], pure=True),
    "agent/core": Folder(1, ["agent/base"], [], pure=True),
    "agent/wire": Folder(1, ["agent/base", "agent/core", "schemas"], ["flatbuffers", "xxhash", "zstd"], pure=True),
    "agent/sql": Folder(1, ["agent/base"], [], pure=True),
    "agent/mysql": Folder(1, ["agent/base"], ["openssl", "zlib", "zstd"], pure=True),
    "agent/accounts": Folder(2, ["agent/base", "agent/mysql", "agent/sql"], ["fmt"], pure=True),
    "schemas": Folder(0, [], [], pure=True),
    "extension": Folder(0, ["schemas"], ["sqlite"]),
    "agent/functions": Folder(2, ["agent/base"], ["sqlite", "icu", "gmp", "json", "openssl", "zlib"]),
    "agent/store": Folder(
        2, ["agent/base", "agent/core", "agent/wire", "agent/functions", "extension", "schemas"],
        ["sqlite", "xxhash", "fmt", "json"]),
    "agent/io": Folder(2, ["agent/base", "agent/mysql", "agent/wire"], ["libuv", "openssl", "curl", "fmt"]),
    "agent/session": Folder(2, ["agent/base", "agent/mysql", "agent/sql", "agent/functions"], ["sqlite"]),
    "agent/service": Folder(
        3, ["agent/base", "agent/core", "agent/wire", "agent/sql", "agent/mysql", "agent/accounts", "agent/functions", "agent/session",
            "agent/store", "agent/io", "schemas"],
        ["fmt", "spdlog", "json", "microhttpd", "prometheus"]),
    "agent": Folder(4, ["*"], ["*"]),
}

# Standard headers that bring a clock, environment, random device, thread or log: not in a pure folder.
IMPURE = re.compile(
    r"^(chrono|ctime|time\.h|thread|mutex|shared_mutex|condition_variable|future|atomic|random|iostream|fstream|"
    r"filesystem|unistd\.h|fcntl\.h|pthread\.h|signal\.h|poll\.h|dlfcn\.h|sys/.*|netinet/.*|arpa/.*|csignal)$")


def folder_of(name):
    """The row of the table a source file belongs to, or None (tests, tools)."""
    parts = name.split("/")
    for length in (2, 1):
        if "/".join(parts[:length]) in TABLE and len(parts) > length:
            return "/".join(parts[:length])
    return None


def library_of(include):
    for library, (pattern, _) in LIBRARIES.items():
        if re.match(pattern, include):
            return library
    return None


def violations(name, quoted, angle):
    """What a file includes against the table, as sentences."""
    own = folder_of(name)
    if own is None:
        return []
    rule, found = TABLE[own], []
    for include in quoted + angle:
        library = library_of(include)
        if library:
            if library not in rule.libraries and "*" not in rule.libraries:
                found.append(f"{name}: {own} may not name {library} (<{include}>)")
            continue
        if include in angle:
            if rule.pure and IMPURE.match(include):
                found.append(f"{name}: {own} is pure and may not use <{include}>")
            continue
        target = folder_of(include)
        if target is None:
            found.append(f'{name}: write "{include}" from the project root')
        elif target != own and target not in rule.includes and "*" not in rule.includes:
            found.append(f"{name}: {own} may not include {target} ({include})")
    return found
