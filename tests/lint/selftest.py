"""The lint proves that it can fail: planted violations must be found, good code must not be."""
import layers
import text_checks

LAYER_CASES = [  # file, quoted, angle, must be found
    ("agent/core/clock.cc", ["agent/base/time.h"], ["map"], False),
    ("agent/core/clock.cc", ["agent/store/database.h"], [], True),
    ("agent/core/clock.cc", [], ["chrono"], True),
    ("agent/core/clock.cc", [], ["sqlite3.h"], True),
    ("agent/store/database.cc", ["agent/core/hlc.h"], ["sqlite3.h"], False),
    ("agent/store/database.cc", [], ["uv.h"], True),
    ("agent/io/loop.cc", ["agent/service/agent.h"], ["uv.h"], True),
    ("extension/capture.cc", ["agent/base/bytes.h"], [], True),
    ("agent/main.cc", ["agent/service/agent.h"], ["CLI/CLI.hpp"], False),
    ("tests/unit/x_test.cc", ["agent/store/database.h"], ["uv.h"], False),
]


def body(lines):
    return "int f(int a) {\n" + "  g();\n" * lines + "}\n"


def problems():
    found = []
    for name, quoted, angle, bad in LAYER_CASES:
        if bool(layers.violations(name, quoted, angle)) != bad:
            found.append(f"layers: {name} {quoted} {angle} should {'' if bad else 'not '}be found")
    limit = text_checks.FUNCTION_LINES_MAX
    if text_checks.long_functions("x.cc", body(limit)):
        found.append("function-length: a function at the limit was found")
    if not text_checks.long_functions("x.cc", body(limit + 1)):
        found.append("function-length: a function over the limit was not found")
    if text_checks.long_functions("x.cc", "// clang-format off\n" + body(limit * 2) + "// clang-format on\n"):
        found.append("function-length: a table was taken for a function")
    wrapped = "void f() {\n  if (a(b) !=\n      c) {\n    d();\n  }\n}\n"
    if text_checks.long_functions("x.cc", wrapped * limit):
        found.append("function-length: a condition over two lines was taken for a function")
    if text_checks.long_functions("x.cc", "class A {\n" + "  int x;\n" * (limit * 2) + "};\n"):
        found.append("function-length: a class was taken for a function")
    for text, bad in [("// TO" + "DO later", True), ("see /wo" + "rk/x", True), ("homework/plan", False)]:
        if bool(text_checks.WORDS.search(text)) != bad:
            found.append(f"words: {text!r}")
    return found
