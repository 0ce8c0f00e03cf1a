"""Every relative link and picture in a Markdown page leads to a file, and every #fragment to a heading."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def anchors(page: Path) -> set[str]:
    """Headings as GitHub and its kin name them."""
    text = FENCE.sub("", page.read_text())
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def check(page: Path) -> list[str]:
    problems = []
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, fragment = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists():
            problems.append(f"{page.relative_to(ROOT)}: {link} leads nowhere")
        elif fragment and target.suffix == ".md" and fragment not in anchors(target):
            problems.append(f"{page.relative_to(ROOT)}: {link} names no heading")
    return problems


if __name__ == "__main__":
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, text=True,
                            check=True, capture_output=True).stdout.split()
    problems = [problem for name in listed if (ROOT / name).exists() for problem in check(ROOT / name)]
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(bool(problems))
