"""Every directive in a module's table has a heading in the module's README and a place in docs/architecture.md's table, and
the reverse."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IN_CODE = re.compile(r'\{ ngx_string\("(sluice_\w+)"\),')
IN_README = re.compile(r"^### (sluice_\w+)$", re.M)
IN_TABLE = re.compile(r"`(sluice_\w+)[ `]")


def in_code(module: Path) -> set[str]:
    return set().union(*(IN_CODE.findall(p.read_text()) for p in module.glob("*.cpp")))


def check(module: Path) -> list[str]:
    readme = module / "README.md"
    code = in_code(module)
    docs = set(IN_README.findall(readme.read_text())) if readme.exists() else set()
    return (
        [f"{module.name}: {name} has no README heading" for name in sorted(code - docs)]
        + [f"{module.name}: README describes unknown {name}" for name in sorted(docs - code)]
    )


def check_table(code: set[str]) -> list[str]:
    text = (ROOT / "docs/architecture.md").read_text()
    section = text.split("## Directives", 1)[1].split("\n## ", 1)[0]
    table = set(IN_TABLE.findall("\n".join(line for line in section.splitlines() if line.startswith("|"))))
    return (
        [f"docs/architecture.md: the table of directives lacks {name}" for name in sorted(code - table)]
        + [f"docs/architecture.md: unknown directive {name}" for name in sorted(table - code)]
    )


if __name__ == "__main__":
    modules = [p for p in sorted((ROOT / "modules").iterdir()) if p.is_dir()]
    problems = [problem for module in modules for problem in check(module)]
    problems += check_table(set().union(*map(in_code, modules)))
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(bool(problems))
