// The system's own controls: media keys, lock screen, headphones.

import { cover } from "./now.js";
import { player } from "./player.js";

const SIZES = ["96", "320", "960"];

export function start() {
  if (!("mediaSession" in navigator)) return;
  const session = navigator.mediaSession;
  /** @type {[MediaSessionAction, MediaSessionActionHandler][]} */
  const deeds = [
    ["play", () => player.play()],
    ["pause", () => player.pause()],
    ["stop", () => player.pause()],
    ["previoustrack", () => player.previous()],
    ["nexttrack", () => player.next()],
    ["seekbackward", (details) => player.seek(player.position - (details.seekOffset ?? 10))],
    ["seekforward", (details) => player.seek(player.position + (details.seekOffset ?? 10))],
    ["seekto", (details) => player.seek(details.seekTime ?? player.position)],
  ];
  for (const [name, deed] of deeds) {
    try {
      session.setActionHandler(name, deed);
    } catch {
      // an action this browser does not know
    }
  }
  player.watch("track", () => {
    const { track } = player;
    session.metadata = track
      ? new MediaMetadata({
          title: track.title,
          artist: track.artist_credit,
          album: track.album.title,
          artwork: SIZES.map((size) => ({
            src: new URL(cover(track, size), location.href).href,
            sizes: `${size}x${size}`,
            type: track.art ? "image/webp" : "image/svg+xml",
          })),
        })
      : null;
  });
  player.watch("state", () => {
    session.playbackState = player.playing ? "playing" : player.track ? "paused" : "none";
  });
  let told = -1;
  player.watch("time", () => {
    const { duration, position } = player;
    if (!duration || Math.abs(position - told) < 1 || position > duration) return;
    told = position;
    session.setPositionState({ duration, position, playbackRate: 1 });
  });
}
