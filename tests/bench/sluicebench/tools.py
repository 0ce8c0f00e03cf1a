"""Where the load tools and the module are; builds the tools where nobody did."""

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BENCH = ROOT / "tests/bench"
BUILD = ROOT / "build/bench"
MODULE = Path(os.environ.get("SLUICE_MODULE", ROOT / "build/release/modules/ngx_sluice_module.so"))
NGINX = os.environ.get("SLUICE_NGINX", "/usr/sbin/nginx")
RTMP_MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"


class Unavailable(Exception):
    """Something that a scenario needs is not there; the text says what to do."""


def build(*targets):
    """Builds the targets (default: the load tools) in a folder of their own; the folder of the programs."""
    folder = BUILD / "tools"
    configure = ["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                 "-DSLUICE_BENCH=ON", "-DSLUICE_MODULE=OFF", "-DSLUICE_CONTROLPLANE=OFF"]
    compile_them = ["ninja", "-C", str(folder), *(targets or ["bench_tools"])]
    for command in [compile_them] if (folder / "build.ninja").exists() else [configure, compile_them]:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Unavailable(f"the load tools don't build:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return folder / "tests/bench"


def program(name):
    """The path of a program that ci/packages-bench installs."""
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"{name} is not installed: run ./sluice bench")
    return found


def folder():
    """The folder of the load tools."""
    given = os.environ.get("SLUICE_BENCH_TOOLS")
    if given:
        return Path(given)
    release = ROOT / "build/release/tests/bench"
    return release if (release / "flv_viewers").exists() else build()


@functools.cache
def module():
    """The nginx module under test: a copy, so that a build in the meantime does not change what is measured."""
    return _copy(MODULE)


@functools.cache
def exec_program():
    """sluice-exec of the same build, a copy as well."""
    return _copy(MODULE.parents[1] / "exec/sluice-exec")


def _copy(built):
    if not built.exists():
        raise Unavailable(f"{built.name} is not built: run ./sluice build")
    folder = tempfile.mkdtemp(prefix="sluice-bench-built-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(shutil.copy2(built, folder))
