"""Just enough TOML to write an agent's configuration and to merge a file over it."""
import json
import tomllib


def read(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


def merge(base, over):
    """`over` wins; tables are merged, lists of tables are added up."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            result[key] = merge(old, value)
        elif isinstance(old, list) and old and isinstance(old[0], dict):
            result[key] = old + value
        else:
            result[key] = value
    return result


def fill(value, names):
    """Replaces {id}, {dir} and so on in all texts."""
    if isinstance(value, dict):
        return {key: fill(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, names) for inner in value]
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace("{" + name + "}", str(text))
    return value


def _scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_scalar(inner) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def write(table):
    """A table of scalars, lists, tables and lists of tables, as TOML text."""
    lines, sections = [], []
    for key, value in table.items():
        if isinstance(value, dict):
            sections.append(f"\n[{key}]\n" + write(value))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            sections += [f"\n[[{key}]]\n" + write(inner) for inner in value]
        else:
            lines.append(f"{key} = {_scalar(value)}\n")
    return "".join(lines + sections)
