// Starts every behaviour, once.

import * as about from "./about.js";
import { begin, element } from "./bind.js";
import * as analysis from "./analysis.js";
import * as bookmarks from "./bookmarks.js";
import * as chapters from "./chapters.js";
import * as corrections from "./corrections.js";
import * as dialog from "./dialog.js";
import * as folders from "./folders.js";
import * as forms from "./forms.js";
import * as impressions from "./impressions.js";
import * as incoming from "./incoming.js";
import * as lyrics from "./lyrics.js";
import * as manner from "./manner.js";
import * as mediaSession from "./media-session.js";
import * as menu from "./menu.js";
import * as more from "./more.js";
import * as moving from "./moving.js";
import * as now from "./now.js";
import * as order from "./order.js";
import * as playButtons from "./play-buttons.js";
import { player } from "./player.js";
import * as playlistDialog from "./playlist-dialog.js";
import * as plays from "./plays.js";
import * as quality from "./quality.js";
import * as queuePage from "./queue-page.js";
import * as rating from "./rating.js";
import * as scan from "./scan.js";
import * as search from "./search.js";
import * as settingsNav from "./settings-nav.js";
import * as setup from "./setup.js";
import * as shelf from "./shelf.js";
import * as shortcuts from "./shortcuts.js";
import * as star from "./star.js";
import * as theme from "./theme.js";
import * as trouble from "./trouble.js";
import * as upload from "./upload.js";
import * as visits from "./visits.js";
import * as waveform from "./waveform.js";
import * as why from "./why.js";

const EVERYWHERE = [analysis, dialog, folders, forms, incoming, more, scan, search, settingsNav, setup, shelf, theme];
const WITH_PLAYER = [about, bookmarks, chapters, corrections, impressions, lyrics, manner, mediaSession, menu, moving, now, order, playButtons, playlistDialog, plays, quality, queuePage, rating, shortcuts, star, trouble, upload, visits, waveform, why];

for (const behaviour of EVERYWHERE) behaviour.start();
if (element(document, "[data-player]")) {
  for (const behaviour of WITH_PLAYER) behaviour.start();
  void player.resume();
}
begin();
