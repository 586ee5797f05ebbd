"""What a track is called and where it belongs, from its tags or, failing those, from its path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from homestream.formats import filename
from homestream.formats.lrc import Lyrics
from homestream.library import grouping, identity
from homestream.library.ingest import Names

if TYPE_CHECKING:
    from homestream.media.tags import Chapter, Tags

_MOST_NAMES: Final = 50
_NOTHING: Final = filename.Guess(title="")


class Named(msgspec.Struct, frozen=True, gc=False):
    """An artist as a file names them."""

    name: str
    mbid: str = ""
    sort: str | None = None


class Description(msgspec.Struct, frozen=True, gc=False):
    """All that is written of a track but its sound."""

    title: str
    sort_title: str
    tagged: bool  # False: the title comes from the path
    artist_credit: str
    artists: tuple[Named, ...]
    album_title: str
    album_base: str  # its title without the edition
    album_titled: bool  # by a tag
    album_sort: str
    album_artist_credit: str  # empty: not tagged
    album_artists: tuple[Named, ...]
    folder: bytes  # of the release
    disc: int
    position: int | None
    disc_subtitle: str | None
    year: int | None
    original_year: int | None
    compilation: bool
    explicit: bool
    release_mbid: str
    release_group: str  # MusicBrainz; empty: not tagged
    version: str  # edition of the album, see `grouping.edition`
    release_types: str  # "album; live"
    genres: tuple[str, ...]
    lyrics: tuple[Lyrics, ...]
    tags: str  # JSON
    spoken: str = ""  # "audiobook", "podcast"
    chapters: tuple[Chapter, ...] = ()
    sheet: str = ""  # the cue sheet in its tags

    @property
    def names(self) -> Names | None:
        """What the track is known by beside its sound; None where its path named it."""
        if not self.tagged:
            return None
        return known_as(self.title, self.artist_credit, self.album_title, self.disc, self.position)

    @property
    def evidence(self) -> grouping.Evidence:
        return grouping.Evidence(
            title=identity.fold(self.album_base),
            titled=self.album_titled,
            album_artist=identity.fold(self.album_artist_credit),
            mbid=self.release_mbid,
            version=self.version,
            year=self.year,
        )


def known_as(
    title: str, artist_credit: str, album_title: str, disc: int, position: int | None
) -> Names:
    """The second key of a track, from what is written of it."""
    return Names(
        title=identity.fold(title),
        artist=identity.fold(artist_credit),
        album=identity.fold(album_title),
        disc=disc,
        position=position,
    )


def describe(tags: Tags, path: bytes) -> Description:
    """What a file at `path` (relative to its library) says of itself, each gap filled.

    An untagged track is named by its file, its album by the folder.
    """
    folder, disc_of_folder = grouping.release_folder(path)
    named = _NOTHING if _complete(tags) else filename.names_from_path(path)
    album, disc_of_title, subtitle = grouping.disc_in_title(tags.album)
    title = tags.title or named.title
    artists = _named(tags.artists, tags.artist_mbids, tags.artist_sorts, tags.artist_sort)
    credit = tags.artist_credit or tags.album_artist_credit or named.artist
    artists_tagged = bool(artists)
    if not artists:
        artists = (Named(credit or identity.UNKNOWN_ARTIST),)
    album_artists = _named(
        tags.album_artists,
        tags.album_artist_mbids,
        tags.album_artist_sorts,
        tags.album_artist_sort,
    )
    album_credit = tags.album_artist_credit
    if not artists_tagged and not album_artists and named.artist == named.album_artist != "":
        album_credit, album_artists = named.album_artist, (Named(named.album_artist),)
    of_folder, disc_of_name, _ = grouping.disc_in_title(named.album)
    album_title = album or of_folder or identity.UNKNOWN_ALBUM
    base, edition = grouping.edition_in_title(album_title)
    kept = tags
    if tags.lyrics or tags.cue or tags.chapters:
        kept = msgspec.structs.replace(tags, lyrics=(), cue="", chapters=())
    return Description(
        title=title,
        sort_title=identity.sort_key(title, tags.title_sort),
        tagged=bool(tags.title),
        artist_credit=credit or identity.UNKNOWN_ARTIST,
        artists=artists,
        album_title=album_title,
        album_titled=bool(album),
        album_sort=identity.sort_key(album_title, tags.album_sort if album == tags.album else None),
        album_artist_credit=album_credit if album_artists else "",
        album_artists=album_artists,
        folder=folder,
        disc=tags.disc or disc_of_title or disc_of_folder or named.disc or disc_of_name or 1,
        position=tags.position if tags.position is not None else named.position,
        disc_subtitle=tags.disc_subtitle or subtitle or grouping.disc_subtitle(path) or None,
        year=tags.year if album else tags.year or named.year,
        original_year=tags.original_year,
        compilation=tags.compilation,
        explicit=tags.explicit is True,
        release_mbid=tags.release_mbid,
        album_base=base,
        version=grouping.edition(tags.version or edition),
        release_group=tags.release_group_mbid,
        release_types="; ".join(tags.release_types),
        genres=tags.genres[:_MOST_NAMES],
        lyrics=tags.lyrics,
        tags=msgspec.json.encode(kept).decode(),
        spoken="podcast" if tags.podcast else "audiobook" if tags.audiobook else "",
        chapters=tags.chapters,
        sheet=tags.cue,
    )


def _complete(tags: Tags) -> bool:
    """Whether the tags leave nothing for the path to tell."""
    return bool(
        tags.title and tags.artists and tags.artist_credit and tags.album and tags.disc
    ) and (tags.position is not None)


def _named(
    names: Sequence[str], mbids: Sequence[str], sorts: Sequence[str], sort: str
) -> tuple[Named, ...]:
    if len(names) == 1:
        return (Named(names[0], mbids[0] if mbids else "", sorts[0] if sorts else sort),)
    return tuple(
        Named(
            name,
            mbids[index] if index < len(mbids) else "",
            sorts[index] if index < len(sorts) else None,
        )
        for index, name in enumerate(names[:_MOST_NAMES])
    )
