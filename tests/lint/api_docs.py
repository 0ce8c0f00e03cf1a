"""Every API path that the documentation mentions is in controlplane/openapi.yaml."""

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
MENTION = re.compile(r"/api/v1(/[A-Za-z0-9_\-/{}<>$.]*)")


def shape(path: str) -> str:
    """A path with every parameter, example value or placeholder of an id as {}."""
    path = re.sub(r"[{<][^}>]*[}>]", "{}", path.rstrip("/."))
    return re.sub(r"^/(channels|tokens|backups|webhooks|assets|transcode-templates)/(?!\{\})[^/]+", r"/\1/{}", path)


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").glob("*.md"))]


if __name__ == "__main__":
    described = yaml.safe_load((ROOT / "controlplane/openapi.yaml").read_text())["paths"]
    known = {shape(path.removeprefix("/api/v1")) for path in described}
    problems = [
        f"{page.relative_to(ROOT)}: /api/v1{path} is not in controlplane/openapi.yaml"
        for page in pages() if page.exists()
        for path in sorted(set(MENTION.findall(page.read_text())))
        if shape(path) and shape(path) not in known
    ]
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(bool(problems))
