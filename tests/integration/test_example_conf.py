"""The example configurations work as they are: only ports and folders are changed."""

import re
import subprocess

import pytest
from sluicetest import nginx as nginx_process
from sluicetest.nginx import MODULE, ROOT, Nginx
from sluicetest.publisher import Publisher, clip
from sluicetest.viewer import HttpFlv, RtmpViewer
from sluicetest.waiting import accepts, free_port, wait_for

EXAMPLES = sorted((ROOT / "nginx-conf/examples").glob("*.conf"))


def test_there_is_an_example():
    assert EXAMPLES


def fitted(text, prefix):
    """The example with ports of our own, our build of the module, and everything below `prefix`."""
    ports = {}

    def move(found):
        port = found["port"]
        ports.setdefault(port, free_port())
        return f"{found['before']}{ports[port]}"

    text = re.sub(r"(?m)^(?P<before>\s*listen\s+(?:[\w.\[\]:*]*:)?)(?P<port>\d{2,5})\b", move, text)
    text = re.sub(r"(?m)^\s*(user|daemon|pid)\s[^;]*;", "", text)
    text = re.sub(r"(?<![\w/])/(?:var|run|tmp|etc|srv)/[\w./-]*/", f"{prefix}/", text)
    # Last: our own build may lie below such a folder, too.
    text = re.sub(r"load_module\s+\S*ngx_sluice_module\.so;", f"load_module {MODULE};", text)
    text = re.sub(r"load_module\s+modules/", f"load_module {nginx_process.MODULES}/", text)
    head = f"user root;\ndaemon off;\npid {prefix}/nginx.pid;\n"
    return head + text, ports


class Example(Nginx):
    """An nginx whose configuration is the example's text."""

    def __init__(self, path):
        super().__init__()
        for folder in ("run", "logs", "tmp"):
            (self.prefix / folder).mkdir()
        self.text, self.ports = fitted(path.read_text(), self.prefix)

    def write_conf(self, **_):
        self.conf.write_text(self.text)

    def _up(self):
        return all(accepts(p) for p in self.ports.values()) and self.workers()


@pytest.fixture(params=EXAMPLES, ids=lambda p: p.name)
def example(request):
    server = Example(request.param)
    try:
        yield server.start()
        server.stop()
    finally:
        server.discard()


def test_an_example_passes_the_configuration_check(example):
    status, said = example.test()
    assert status == 0, said


def test_a_push_to_an_example_can_be_watched(example):
    rtmp, http = example.ports["1935"], next(p for name, p in example.ports.items() if name != "1935")
    names = ["demo"]
    key = re.search(r"(?m)^\s*sluice_access_key\s+\"?([^\s;\"]+)", example.text)
    with Publisher(rtmp, names[0], clip("avc_quick")) as push:
        assert push.accepted or key, push.status
        if not push.accepted:
            pytest.skip("this example takes signed pushes only")
        with_viewer(rtmp, http)


def with_viewer(rtmp, http):
    def joined():
        viewer = HttpFlv(f"http://127.0.0.1:{http}/demo/live.flv")
        if viewer.status == 200:
            return viewer
        viewer.close()
        return None

    with wait_for(joined, what="the stream") as viewer:
        viewer.read_key_frame()
        viewer.read_tags(20)
        viewer.check()
    with RtmpViewer("127.0.0.1", rtmp, "demo") as viewer:
        viewer.read_key_frame()


def test_the_module_says_why_it_cannot_be_loaded_first(tmp_path):
    """Loaded before nginx-rtmp's module it can't work; nginx must say so and not crash."""
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"load_module {MODULE};\npid {tmp_path}/pid;\nevents {{ }}\n")
    done = subprocess.run([nginx_process.BINARY, "-t", "-p", tmp_path, "-c", conf, "-e", tmp_path / "log"],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 1, done.stderr
    assert "ngx_rtmp" in done.stderr
