#!/usr/bin/env python3
"""Holds data/*.txt against a live MySQL or MariaDB server and prints the lines that differ.

    compare_server.py --socket PATH [FILE ...]

Needs the `mariadb` shell. Internal helpers (mysql_add(a, b)) are turned into the operators that they stand for. Not part
of the test run: servers of different versions differ, and the files say what MySQL 8 does. Types are compared by the
protocol's column type.
"""
import argparse
import pathlib
import re
import subprocess

INFIX = {
    "eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "nulleq": "<=>", "add": "+", "sub": "-", "mul": "*",
    "div": "/", "intdiv": "DIV", "mod": "%", "bit_and": "&", "bit_or": "|", "bit_xor": "^", "shl": "<<", "shr": ">>",
    "xor": "XOR",
}
TYPES = {
    "int": "int", "bigint": "int", "tinyint": "int", "double": "double", "decimal": "decimal", "varchar": "text", "char": "text",
    "longtext": "text", "mediumtext": "text", "tinytext": "text", "text": "text", "varbinary": "binary", "binary": "binary",
    "longblob": "binary", "mediumblob": "binary", "tinyblob": "binary", "blob": "binary", "date": "date", "datetime": "datetime",
    "time": "time", "year": "year", "json": "json", "smallint": "int", "float": "double",
}
MARK = "--type--"
TABLE = re.compile(" FROM t")  # tables of the data files begin with a t


def split_arguments(text):
    """Top-level arguments of `text`, which begins after an open parenthesis; and what follows the closing one."""
    depth, quote, parts, begin, i = 0, None, [], 0, 0
    while i < len(text):
        c = text[i]
        if quote:
            if c == quote:
                quote = None
        elif c in "'\"":
            quote = c
        elif c == "(":
            depth += 1
        elif c == ")" and depth == 0:
            parts.append(text[begin:i].strip())
            return parts, text[i + 1:]
        elif c == ")":
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(text[begin:i].strip())
            begin = i + 1
        i += 1
    raise ValueError(text)


def collated(expression, arguments, index):
    if len(arguments) > index and arguments[index] != "NULL":
        return f"({expression} COLLATE {arguments[index].strip(chr(39))})"
    return expression


def unit(text):
    return text.strip("'")


def helper(name, a):
    if name in INFIX:
        return f"({collated(a[0], a, 2)} {INFIX[name]} {a[1]})"
    cast = {"signed": "SIGNED", "unsigned": "UNSIGNED", "double": "DOUBLE", "float": "FLOAT", "char": "CHAR", "binary": "BINARY",
            "date": "DATE", "datetime": "DATETIME", "time": "TIME", "json": "JSON", "decimal": "DECIMAL", "year": "YEAR"}
    if name in cast:
        size = f"({', '.join(a[1:])})" if len(a) > 1 else ""
        return f"CAST({a[0]} AS {cast[name]}{size})"
    if name == "number":
        return a[0].strip("'")
    if name == "neg":
        return f"(-({a[0]}))"
    if name == "not":
        return f"(NOT {a[0]})"
    if name == "bit_not":
        return f"(~{a[0]})"
    if name == "bool":
        return f"(NOT NOT {a[0]})"
    if name == "in":
        return f"({collated(a[1], a, 0)} IN ({', '.join(a[2:])}))"
    if name == "between":
        return f"({collated(a[0], a, 3)} BETWEEN {a[1]} AND {a[2]})"
    if name == "like":
        escape = f" ESCAPE {a[2]}" if len(a) > 2 and a[2] != "NULL" else ""
        return f"({collated(a[0], a, 3)} LIKE {a[1].replace(chr(92), chr(92) * 2)}{escape})"
    if name == "convert_using":
        return f"CONVERT({a[0]} USING {a[1].strip(chr(39))})"
    if name in ("date_add", "date_sub"):
        return f"{name.upper()}({a[0]}, INTERVAL {a[1]} {unit(a[2])})"
    if name == "extract":
        return f"EXTRACT({unit(a[0])} FROM {a[1]})"
    if name == "trim":
        what = "" if a[0] == "NULL" else a[0]
        return f"TRIM({unit(a[2])} {what} FROM {a[1]})"
    if name == "group_concat":
        distinct = "DISTINCT " if "distinct" in a[0] else ""
        keys = [collated(a[i], a, i + 2) + " " + unit(a[i + 1]) for i in range(3, len(a), 3)]
        order = " ORDER BY " + ", ".join(keys) if keys else ""
        return f"GROUP_CONCAT({distinct}{a[2]}{order} SEPARATOR {a[1]})"
    if name == "count_distinct":
        return f"COUNT(DISTINCT {', '.join(a[1:])})"
    if name in ("min", "max"):
        return f"{name.upper()}({a[0]})"
    if name == "user_variable":
        return "@" + unit(a[0])
    return None


def translated(expression):
    """The expression in MySQL's syntax, or None if a helper in it has none."""
    expression = re.sub(r'"(\w+)"\(', r"\1(", expression)
    while True:
        found = list(re.finditer(r"mysql_(\w+)\(", expression))
        if not found:
            break
        last = found[-1]
        arguments, rest = split_arguments(expression[last.end():])
        made = helper(last.group(1), arguments)
        if made is None:
            return None
        expression = expression[:last.start()] + made + rest
    expression = re.sub(r"\b(timestampadd|timestampdiff)\('(\w+)'", r"\1(\2", expression, flags=re.I)
    expression = re.sub(r"\bget_format\('(\w+)'", r"get_format(\1", expression, flags=re.I)
    expression = re.sub(r"\b(\w+)\(([^()]*), 'utf8mb4_(\w+)'\)", r"\1(\2 COLLATE utf8mb4_\3)", expression)
    return expression


def ask(socket, setup, expression):
    script = "\n".join(setup + [f"SELECT {expression};", f"SELECT '{MARK}';", "CREATE TEMPORARY TABLE zz AS SELECT " + TABLE.sub(" AS c FROM t", expression + " FROM t" * (" FROM t" not in expression))
                                .removesuffix(" FROM t" * (" FROM t" not in expression)) + ";", "SHOW COLUMNS FROM zz;"])
    done = subprocess.run(["mariadb", "--no-defaults", "-S", socket, "--default-character-set=utf8mb4", "-f", "-N", "-B",
                           "--show-warnings", "-r", "--binary-as-hex", "test_functions"], input=script, capture_output=True, text=True)
    error = re.findall(r"ERROR (\d+)", done.stderr)
    said, _, described = done.stdout.partition(MARK + "\n")
    if not said and error:
        return f"error {error[0]}"
    column = re.search(r"^c\t(\w+)[^\t]*", described, re.M)
    kind = TYPES.get(column.group(1), column.group(1)) if column else "?"
    if kind == "int" and "unsigned" in column.group(0):
        kind = "unsigned"
    value, _, rest = re.sub(r"(?m)^(?=(Warning|Note|Error) \(Code)", "\0", said).partition("\0")
    value = value.rstrip("\n")
    warnings = re.findall(r"^(?:Warning|Note|Error) \(Code (\d+)\)", rest if rest.startswith("(") else said, re.M)
    if value == "NULL":
        result = "null"
    else:
        result = f"{kind} {value.removeprefix('0x') if kind == 'binary' else value}".rstrip()
    unique = [w for i, w in enumerate(warnings) if i == 0 or w != warnings[i - 1]]
    return result + "".join(f" !{w}" for w in unique)


def run(socket, path):
    setup, different, total = ["SET NAMES utf8mb4 COLLATE utf8mb4_general_ci;", "SET sql_mode='ANSI_QUOTES';", "SET timestamp=1705329045.123456;",
                               "SET time_zone='+00:00';"], 0, 0
    tables = []
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if line.startswith("% "):
            tables.append(line[2:] + ";")
        elif line.startswith("@ "):
            name, _, value = line[2:].partition(" ")
            if name == "collation":
                setup.append(f"SET NAMES utf8mb4 COLLATE {value};")
            else:
                setup.append(f"SET {name} = {value if value.isdigit() else repr(value)};")
        elif " ==> " in line:
            expression, _, expected = line.rpartition(" ==> ")
            mysql = translated(expression)
            if mysql is None:
                continue
            total += 1
            got = ask(socket, setup + [t.replace("CREATE TABLE", "CREATE TEMPORARY TABLE") for t in tables], mysql)
            if got != expected:
                different += 1
                print(f"{path.name}:{number}: {mysql}\n    here   {expected}\n    server {got}")
    print(f"{path.name}: {total} asked, {different} differ")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--socket", required=True)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    subprocess.run(["mariadb", "--no-defaults", "-S", options.socket, "-e", "CREATE DATABASE IF NOT EXISTS test_functions"], check=True)
    for path in options.files or sorted((pathlib.Path(__file__).parent / "data").glob("*.txt")):
        run(options.socket, path)


if __name__ == "__main__":
    main()
