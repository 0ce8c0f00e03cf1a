"""What a log must not hold after any test."""

import re

_SEVERE = re.compile(r"\[(alert|crit|emerg)\]")
_SANITIZER = re.compile(r"(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:)")


def read(path):
    """The log's text; empty when there is none."""
    return path.read_text(errors="replace") if path.exists() else ""


def faults(paths, expected=()):
    """Severe lines and sanitizer reports; lines that match one of `expected` are allowed."""
    found = []
    for path in paths:
        for line in read(path).splitlines():
            bad = _SEVERE.search(line) or _SANITIZER.search(line)
            if bad and not any(re.search(e, line) for e in expected):
                found.append(f"{path.name}: {line[:400]}")
    return found
