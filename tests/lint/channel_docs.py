"""The table of fields in docs/channels.md is the one of controlplane/openapi.yaml; `--write` makes it."""

import json
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/channels.md"
HEAD = "| field | default | values | |\n|---|---|---|---|\n"
END = "\n<!-- end of the fields -->"


def values(schema: dict) -> str:
    """What may stand there, in few words."""
    if "enum" in schema:
        return " ".join(f"`{v}`" for v in schema["enum"] if v is not None)
    kind = schema["type"]
    if kind == "array":
        most = f", {schema['maxItems']} at most" if "maxItems" in schema else ""
        items = schema["items"]
        return f"list{most}: {values(items)}" if "enum" in items else f"list{most}"
    if kind in ("integer", "number"):
        return f"{schema['minimum']} … {schema['maximum']}" if "maximum" in schema else "number"
    if kind == "string":
        return "time" if schema.get("format") == "date-time" else f"text, {schema['maxLength']}" if "maxLength" in schema else "text"
    return kind


def default(schema: dict) -> str:
    if schema.get("readOnly"):
        return "*read only*"
    if "default" not in schema:
        return ""
    return f"`{json.dumps(schema['default'])}`"


def rows(schema: dict, path: str = ""):
    for name, part in schema["properties"].items():
        here = f"{path}.{name}" if path else name
        inner = part.get("items", part)
        if "properties" in inner:
            yield from rows(inner, here + ("[]" if "items" in part else ""))
        else:
            yield f"| `{here}` | {default(part)} | {values(part)} | {part.get('description', '')} |"


def table() -> str:
    spec = yaml.safe_load((ROOT / "controlplane/openapi.yaml").read_text())
    return HEAD + "\n".join(rows(spec["components"]["schemas"]["Channel"])) + "\n"


if __name__ == "__main__":
    page = PAGE.read_text()
    start, end = page.index(HEAD), page.index(END)
    if "--write" in sys.argv:
        PAGE.write_text(page[:start] + table() + page[end:])
    elif page[start:end] != table():
        sys.exit("docs/channels.md: its fields are not those of openapi.yaml: run tests/lint/channel_docs.py --write")
