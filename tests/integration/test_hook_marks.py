"""Marks on the picture: any text is written as it stands, wherever it is told to lie."""

import subprocess

import pytest
from sluicetest import hook

SIZE = (640, 360)
#: Lossy coding shifts the picture's noise, a mark changes it far more.
VISIBLE = 40

TEXTS = {
    "quotes": "it's \"quoted\" 'twice'",
    "colons": "a:b:c=d:fontsize=99",
    "percent": "100% %{pts} %d %%",
    "backslashes": "a\\b \\n \\\\ \\' end\\",
    "graph characters": "a,b;c [in] [out] (d) {e}",
    "lines": "first\nsecond\nthird",
    "white space": "  two before, two behind  ",
    "East Asian": "直播 ライブ 생방송",
    "emoji": "🔥 on air 🎬",
    "mixed": "直播🔥, it's 100%",
    "control of a filter": "x',drawbox=c=red:t=fill,drawtext=text='y",
}


@pytest.fixture(scope="module")
def grey(tmp_path_factory):
    """A picture without anything in it, with a tone."""
    path = tmp_path_factory.mktemp("grey") / "grey.mp4"
    return hook.write_fragmented(
        path, "-f", "lavfi", "-i", f"color=gray:size={SIZE[0]}x{SIZE[1]}:rate=25", "-f", "lavfi", "-i", "sine", "-t", "1",
        "-c:v", "libx264", "-g", "25", "-bf", "2", "-c:a", "aac")


def frame(path):
    """The luma of the tenth frame, as rows."""
    argv = ["ffmpeg", "-v", "error", "-i", path, "-vf", "select=eq(n\\,10)", "-frames:v", "1", "-f", "rawvideo",
            "-pix_fmt", "gray", "-"]
    raw = subprocess.run(argv, capture_output=True, check=True, timeout=30).stdout
    assert len(raw) == SIZE[0] * SIZE[1]
    return [raw[y * SIZE[0] : (y + 1) * SIZE[0]] for y in range(SIZE[1])]


def box(rows, background=126):
    """(left, top, right, bottom) of what differs, as distances from the four edges."""
    marked = [(x, y) for y, row in enumerate(rows) for x, v in enumerate(row) if abs(v - background) > VISIBLE]
    assert marked, "there is no mark"
    xs, ys = [x for x, _ in marked], [y for _, y in marked]
    return min(xs), min(ys), SIZE[0] - 1 - max(xs), SIZE[1] - 1 - max(ys)


def mark(settings, source, folder):
    made = hook.hooks_of({"watermark": settings}, folder)["mark"]
    done = hook.run(made, source, folder)
    assert done.status == 0, done.log
    return done.outputs[""]


def text(content, **more):
    return {"text": {"enabled": True, "content": content, **more}}


def logo(folder, color="white", size="40x20"):
    (folder / "assets").mkdir()
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"color={color}:size={size}", "-frames:v", "1",
                    folder / "assets/logo.png"], check=True, timeout=30)
    return {"enabled": True, "asset": "logo"}


def drawn(chain, folder):
    """What a filter chain makes of a picture, by its checksum."""
    argv = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"color=gray:size={SIZE[0]}x{SIZE[1]}", "-frames:v", "1",
            "-vf", chain, "-f", "md5", "-"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_is_written_as_it_stands(tmp_path, name):
    made = hook.hooks_of({"watermark": text(TEXTS[name])}, tmp_path)["mark"]
    argv = made["outputs"][0]["argv"]
    chain = argv[argv.index("-vf") + 1]
    (tmp_path / "text").write_text(TEXTS[name])
    head = chain[: chain.index(":text=")]

    assert drawn(chain, tmp_path) == drawn(f"{head}:textfile=text,format=yuv420p", tmp_path)
    assert drawn(chain, tmp_path) != drawn("format=yuv420p", tmp_path)


def test_a_mark_keeps_every_frames_time_and_the_sound(tmp_path, grey):
    out = mark({**text("Sluice"), "image": logo(tmp_path)}, grey, tmp_path)

    for kind in "va":
        assert hook.packets(out, kind) == hook.packets(grey, kind)


@pytest.mark.parametrize(
    ("where", "edges"),
    [
        ({}, {"right": 16, "top": 16}),
        ({"position": "top_left"}, {"left": 16, "top": 16}),
        ({"position": "bottom_left"}, {"left": 16, "bottom": 16}),
        ({"position": "bottom_right"}, {"right": 16, "bottom": 16}),
        ({"position": "center"}, {"left": 300, "top": 170, "right": 300, "bottom": 170}),
        ({"left": 50, "top": 60}, {"left": 50, "top": 60}),
        ({"right": 0, "bottom": 4}, {"right": 0, "bottom": 4}),
        ({"left": 100}, {"left": 100, "top": 16}),
    ],
)
def test_an_image_lies_where_it_is_told_to(tmp_path, grey, where, edges):
    rows = frame(mark({"image": {**logo(tmp_path), **where}}, grey, tmp_path))

    found = dict(zip(("left", "top", "right", "bottom"), box(rows)))
    assert {edge: found[edge] for edge in edges} == pytest.approx(edges, abs=2)


@pytest.mark.parametrize(
    ("sides", "size"), [({}, (40, 20)), ({"width": 80}, (80, 40)), ({"height": 60}, (120, 60)),
                        ({"width": 30, "height": 90}, (30, 90))])
def test_an_image_has_the_sides_it_is_told_to(tmp_path, grey, sides, size):
    left, top, right, bottom = box(frame(mark({"image": {**logo(tmp_path), **sides}}, grey, tmp_path)))

    assert (SIZE[0] - left - right, SIZE[1] - top - bottom) == pytest.approx(size, abs=4)


@pytest.mark.parametrize(("shape", "sides", "size"), [("200x2", {"width": 10}, (10, 1)), ("2x400", {"width": 640}, (640, 360))])
def test_an_image_of_an_extreme_shape_is_seen_as_far_as_it_fits(tmp_path, grey, shape, sides, size):
    image = {**logo(tmp_path, size=shape), **sides, "left": 0, "top": 0}
    left, top, right, bottom = box(frame(mark({"image": image}, grey, tmp_path)))

    assert (SIZE[0] - left - right, SIZE[1] - top - bottom) == pytest.approx(size, abs=4)


def test_opacity_lets_the_picture_through(tmp_path, grey):
    image = {**logo(tmp_path), "position": "center"}

    solid = frame(mark({"image": image}, grey, tmp_path))[180][320]
    half = frame(mark({"image": {**image, "opacity": 0.5}}, grey, tmp_path))[180][320]
    none = frame(mark({"image": {**image, "opacity": 0}}, grey, tmp_path))[180][320]

    assert solid > half + 20 > none + 40
    assert none == pytest.approx(frame(grey)[180][320], abs=3)


@pytest.mark.parametrize(
    ("where", "edges"),
    [({"position": "top_left"}, {"left": 16, "top": 16}), ({"position": "bottom_right"}, {"right": 16, "bottom": 16}),
     ({"left": 80, "bottom": 40}, {"left": 80, "bottom": 40})])
def test_a_text_lies_where_it_is_told_to(tmp_path, grey, where, edges):
    rows = frame(mark(text("HHHH", font_size=40, **where), grey, tmp_path))

    found = dict(zip(("left", "top", "right", "bottom"), box(rows)))
    assert {edge: found[edge] for edge in edges} == pytest.approx(edges, abs=6)


def test_text_and_image_are_there_together(tmp_path, grey):
    rows = frame(mark({**text("HHHH", position="bottom_left"), "image": {**logo(tmp_path), "position": "top_right"}},
                      grey, tmp_path))

    left, top, right, bottom = box(rows)
    assert max(left, top, right, bottom) <= 24
