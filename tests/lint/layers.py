"""The layers of docs/architecture.md hold: who may include what."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)

# (where the rule holds, where it doesn't, what may not be included, why)
RULES = [
    (r"core/", None, r"(ngx_|nginx|modules/|controlplane/|exec/)", "core links without nginx and knows nobody above it"),
    (r"(core|controlplane|modules)/", r"(core/channel|controlplane/src/store)/", r"lmdb\.h$",
     "LMDB only in core/channel and controlplane/src/store"),
    (r"modules/", None, r"core/codec/(?!description\.hpp)", "modules parse no media bytes"),
    (r"modules/", None, r"core/flv/(video_message|audio_message|amf0|metadata)\.hpp", "modules parse no media bytes"),
    (r"modules/", None, r"controlplane/", "the data plane does not know the control plane"),
    (r"controlplane/", None, r"(ngx_|modules/)", "the control plane talks to nginx by files and sockets only"),
    (r"controlplane/src/store/", None, r"(controlplane/src/)?(http|service|nginx|snapshot|ffmpeg)/", "http → service → store, one way"),
    (r"controlplane/src/service/", None, r"(controlplane/src/)?(http|ffmpeg)/|pistache", "http → service → store, one way"),
    (r"controlplane/src/ffmpeg/", None, r"(controlplane/src/)?(http|store|snapshot|events)/|pistache",
     "hooks are made of a document, whoever keeps or serves it"),
    (r"controlplane/src/http/", None, r"lmdb", "http → service → store, one way"),
    (r"exec/", r"exec/motion/", r"(ngx_|modules/|controlplane/|core/(?!base/|hook/|process/|channel/hook\.hpp))",
     "what runs beside every hook is small"),
    (r"exec/motion/", None, r"(ngx_|modules/|controlplane/|core/hub/)", "the program of a hook knows nothing of nginx"),
    (r"core/(base|flv|codec|auth|hub|ingest)/(?!.*_test)", None, r"(spdlog|curl|pistache|thread$|sys/socket\.h)",
     "core owns no thread, socket or log"),
]


def includes(path: Path) -> list[str]:
    """What a source includes, relative to the root where it is ours."""
    found = []
    for name in INCLUDE.findall(path.read_text()):
        beside = path.parent / name
        found.append(str(beside.resolve().relative_to(ROOT)) if beside.exists() else name)
    return found


def check(path: Path) -> list[str]:
    where = str(path.relative_to(ROOT))
    problems = []
    for inside, outside, forbidden, why in RULES:
        if not re.match(inside, where) or (outside and re.match(outside, where)):
            continue
        problems += [f"{where}: includes {name}: {why}" for name in includes(path) if re.match(forbidden, name)]
    return problems


if __name__ == "__main__":
    sources = [p for top in ("core", "modules", "controlplane", "exec") for ext in ("*.cpp", "*.hpp", "*.h")
               for p in sorted((ROOT / top).rglob(ext))]
    problems = [problem for path in sources for problem in check(path)]
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(bool(problems))
