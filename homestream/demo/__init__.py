"""A library of music that homestream composes, plays and paints itself, so that a fresh home has
something to listen to. Everything in it is dedicated to the public domain (CC0 1.0).

`make.library` is the door. `catalogue` says what there is, `score` is theory, `synth` makes single
notes, `mix` puts them in a room, `styles` are the players, `covers` the sleeves, `files` the disk.
"""
