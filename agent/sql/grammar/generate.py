#!/usr/bin/env python3
"""Puts the grammar's fragments together, runs Lemon, and lists the keywords.

    generate.py BUILD_FOLDER FRAGMENT...

Writes grammar.cc, grammar_tokens.h and keywords.inc. Every token that does not begin with OP_ or LIT_ is a keyword;
those that %fallback lists may be names, too.
"""
import os
import re
import subprocess
import sys

folder, fragments = sys.argv[1], sys.argv[2:]
grammar = os.path.join(folder, "grammar.y")
with open(grammar, "w") as out:
    for fragment in fragments:
        out.write(open(fragment).read())
subprocess.run(["lemon", "-q", "-l", f"-d{folder}", grammar], check=True)
os.replace(os.path.join(folder, "grammar.c"), os.path.join(folder, "grammar.cc"))
header = open(os.path.join(folder, "grammar.h")).read()
with open(os.path.join(folder, "grammar_tokens.h"), "w") as out:
    out.write("#pragma once\n" + header)
names = set(re.search(r"%fallback LIT_ID\s+([^.]*)\.", open(grammar).read())[1].split())
with open(os.path.join(folder, "keywords.inc"), "w") as out:
    for word in sorted(re.findall(r"#define TK_(\w+)", header)):
        if not word.startswith(("OP_", "LIT_")):
            out.write(f'{{"{word}", TK_{word}, {str(word in names).lower()}}},\n')
