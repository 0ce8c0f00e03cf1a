"""What the image is built from: a folder that .dockerignore keeps back can't be copied, which only an engine would notice."""

from sluicetest.nginx import ROOT


def copied():
    """The first part of every path that the Dockerfile copies out of the checkout."""
    text = (ROOT / "docker" / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ")]
    return {path.split("/")[0] for paths in lines if not paths[0].startswith("--from") for path in paths if path != "."}


def test_all_that_the_image_copies_is_let_through():
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied() and copied() <= let_through, copied() - let_through


def test_the_image_has_all_that_running_needs():
    def names(path):
        return set((ROOT / path).read_text().split())

    # A container's network is set up from outside.
    assert names("ci/packages-run") - {"iproute2"} == names("docker/packages")
