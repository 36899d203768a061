"""Checks that need no compiler: file size, function length, words that do not belong in the tree, the layer table."""
import re

import layers
import sources

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
CODE = (".h", ".cc", ".py", ".sh", ".fbs", ".js", ".php", ".go")

# Files that are data: long, and nobody reads them line by line.
DATA_TABLES = set()

# Assembled, so that this file does not contain them.
WORDS = re.compile("|".join([
    r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"\bXX" + r"X\b", r"\bHA" + r"CK\b",
    r"(?<![\w.])/wo" + r"rk/", r"(?<![\w.])/ro" + r"ot/", r"(?<![\w.])/ho" + r"me/\w",
]))

# What is neither brace nor structure: comments, literals, preprocessor lines, tables that clang-format leaves alone.
NOISE = re.compile(
    r"// clang-format off.*?// clang-format on|//[^\n]*|/\*.*?\*/|R\"(\w*)\(.*?\)\1\"|\"(?:\\.|[^\"\\\n])*\"|"
    r"'(?:\\.|[^'\\\n])'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.S | re.M)
NOT_A_FUNCTION = re.compile(r"^(?:\} )?(?:if|for|while|switch|else|do|try|catch|namespace|class|struct|enum|union|extern|"
                            r"return|case|default)\b|=$|,$|^$|\($")

def is_code(name):
    return name.endswith(CODE) or (name.startswith(("tools/", ".ci/")) and "." not in name.rsplit("/", 1)[-1])


def file_size():
    """No file over the hard limit."""
    found = []
    for name in sources.files():
        if is_code(name) and name not in DATA_TABLES:
            lines = sources.text(name).count("\n")
            if lines > FILE_LINES_MAX:
                found.append(f"{name}: {lines} lines, the limit is {FILE_LINES_MAX}: split it by subject")
    return found


def long_functions(name, code):
    """Functions over the limit in one C++ file, by matching braces; a head with parentheses makes a function."""
    plain = NOISE.sub(lambda match: "\n" * match.group(0).count("\n"), code)
    found, open_, head, line = [], [], "", 1
    for character in plain:
        if character == "\n":
            line += 1
        if character == "{":
            text = " ".join(head.split())
            open_.append((line, "(" in text and not NOT_A_FUNCTION.search(text)))
        elif character == "}" and open_:
            begun, function = open_.pop()
            if function and line - begun - 1 > FUNCTION_LINES_MAX:
                found.append(f"{name}:{begun}: function of {line - begun - 1} lines, the limit is {FUNCTION_LINES_MAX}")
        head = "" if character in "{};" else head + character
    return found


def function_length():
    """No function that does not fit a screen."""
    found = []
    for name in sources.files(".h", ".cc"):
        found += long_functions(name, sources.text(name))
    return found


def words():
    """No reminders to oneself and no paths of somebody's machine."""
    found = []
    for name in sources.files():
        if name.startswith("tests/fuzz/corpus") or not (is_code(name) or name.endswith((".md", ".build", ".txt"))):
            continue
        for number, line in enumerate(sources.text(name).split("\n"), 1):
            match = WORDS.search(line)
            if match:
                found.append(f"{name}:{number}: {match.group(0)}")
    return found


def layer_table():
    """Every include obeys the layer table."""
    found = []
    for name in sources.files(".h", ".cc"):
        quoted, angle = sources.includes(name)
        found += layers.violations(name, quoted, angle)
    return found


def header_guards():
    """Every header says `#pragma once` and begins with a comment that tells what it is."""
    found = []
    for name in sources.files(".h"):
        code = sources.text(name)
        if "#pragma once" not in code:
            found.append(f"{name}: no #pragma once")
        if not code.startswith("//"):
            found.append(f"{name}: the first line is not a comment that says what the file is")
    return found
