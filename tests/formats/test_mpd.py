"""Manifests of DASH say how long each segment is, and which of them fit each other."""

from __future__ import annotations

from xml.etree import ElementTree

from homestream.formats import mpd

NAMES = {"": "urn:mpeg:dash:schema:mpd:2011"}


def representation(name: str = "aac-128", **changes: object) -> mpd.Representation:
    words: dict[str, object] = {
        "bandwidth": 180_000, "codecs": "mp4a.40.2", "sample_rate": 44_100, "channels": 2,
        "initialization": f"{name}/init.mp4?a=s1&s=x", "media": f"{name}/$Number$.m4s?a=s1&s=y",
        "timescale": 44_100, "durations": (87_040, 176_128, 264_192, 264_192, 4_096),
    }  # fmt: skip
    return mpd.Representation(id=name, **(words | changes))  # type: ignore[arg-type]


def manifest(*groups: tuple[mpd.Representation, ...], title: str = "") -> ElementTree.Element:
    written = mpd.write(mpd.Manifest(18_050_000, title, tuple(map(mpd.AdaptationSet, groups))))
    return ElementTree.fromstring(written)


def test_a_manifest_has_what_a_player_needs():
    root = manifest((representation(),), title='Tom & "Jerry" <3')
    assert root.attrib == {
        "profiles": "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019",
        "type": "static",
        "mediaPresentationDuration": "PT18.050000S",
        "minBufferTime": "PT2S",
        "maxSegmentDuration": "PT5.990748S",
    }
    assert root.findtext("ProgramInformation/Title", None, NAMES) == 'Tom & "Jerry" <3'
    (one,) = root.iterfind("Period/AdaptationSet/Representation", NAMES)
    assert one.attrib == {
        "id": "aac-128", "bandwidth": "180000", "codecs": "mp4a.40.2",
        "audioSamplingRate": "44100",
    }  # fmt: skip
    template = one.find("SegmentTemplate", NAMES)
    assert template is not None
    assert template.attrib == {
        "timescale": "44100", "startNumber": "0",
        "initialization": "aac-128/init.mp4?a=s1&s=x", "media": "aac-128/$Number$.m4s?a=s1&s=y",
    }  # fmt: skip
    assert [s.attrib for s in template.iterfind("SegmentTimeline/S", NAMES)] == [
        {"t": "0", "d": "87040"},
        {"d": "176128"},
        {"d": "264192", "r": "1"},
        {"d": "4096"},
    ]


def test_alignment_is_told_as_it_is():
    low, high = representation("aac-64"), representation("aac-256")
    other = representation("late", durations=(87_040, 176_128, 268_288, 260_096, 4_096))
    fewer = representation("short", durations=(87_040, 176_128, 264_192, 268_288))
    finer = representation(
        "fine",
        timescale=88_200,
        durations=tuple(2 * each for each in low.durations),
    )
    root = manifest((low, high), (low, other), (low, fewer), (low, finer))
    told = [one.get("segmentAlignment") for one in root.iterfind("Period/AdaptationSet", NAMES)]
    assert told == ["true", "false", "false", "true"]
