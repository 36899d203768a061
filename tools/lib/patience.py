"""How much longer than usual a bounded wait may take. Programs built with sanitizers are several times slower, so
tools/test --sanitize sets MURMEL_PATIENCE; nothing else scales a wait."""
import os

FACTOR = float(os.environ.get("MURMEL_PATIENCE", "1"))


def seconds(number):
    return number * FACTOR
