"""Every fuzz target replays its corpus, then looks for something new for a short while (`--long`: five minutes each)."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "core/fuzz").glob("*_fuzz.cpp"))
CORPUS = ROOT / "core/fuzz/corpus"
BINARIES = ROOT / "build/fuzz/core"
# All targets together take about this long, however many there are.
SECONDS_FOR_ALL = 100
SECONDS_LONG = 300


def corpus_of(source):
    """A target's seeds: corpus/<name>, with or without the ending _fuzz."""
    found = [CORPUS / source.stem, CORPUS / source.stem.removesuffix("_fuzz")]
    return next((folder for folder in found if folder.is_dir()), None)


def fuzz(target, *arguments, timeout):
    artifacts = ROOT / "build/fuzz/crashes"
    artifacts.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([str(BINARIES / target), f"-artifact_prefix={artifacts}/{target}-", "-timeout=10",
                           "-rss_limit_mb=2048", *map(str, arguments)],
                          capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"input kept in {artifacts}\n{done.stderr[-6000:]}"


def test_there_are_fuzz_targets():
    assert SOURCES


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_corpus_is_harmless(source):
    seeds = corpus_of(source)
    assert seeds and any(seeds.iterdir()), f"{source.stem} has no corpus in {CORPUS}"
    fuzz(source.stem, "-runs=0", seeds, timeout=60)


@pytest.mark.deadline(SECONDS_LONG + 60)
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_new_inputs_are_harmless(source, request, tmp_path):
    seconds = SECONDS_LONG if request.config.getoption("--long") else max(2, SECONDS_FOR_ALL // len(SOURCES))
    fuzz(source.stem, f"-max_total_time={seconds}", tmp_path, corpus_of(source) or tmp_path, timeout=seconds + 45)
