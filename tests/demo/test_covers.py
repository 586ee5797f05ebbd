from __future__ import annotations

import io

import numpy as np
from PIL import Image

from homestream.demo import catalogue, covers


def test_each_album_has_a_sleeve_of_its_own() -> None:
    small = {}
    for album in catalogue.ALBUMS:
        picture = Image.open(io.BytesIO(covers.jpeg(album.cover)))
        assert (picture.format, picture.size) == ("JPEG", (1000, 1000))
        small[album.title] = np.asarray(picture.convert("RGB").resize((16, 16)), float)
    titles = list(small)
    for number, one in enumerate(titles):
        assert small[one].std() > 20, f"{one} is one flat colour"
        for other in titles[:number]:
            assert np.abs(small[one] - small[other]).mean() > 20, (one, other)
