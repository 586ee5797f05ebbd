// Plays addresses with several players at once and keeps what each of them sounds like.
import Hls from "/hls.js";

const RATE = 44100;
const RECORDER = `
registerProcessor("recorder", class extends AudioWorkletProcessor {
  process([input]) {
    if (input.length) this.port.postMessage(input.map((channel) => channel.slice()));
    return true;
  }
});`;

/** @type {Record<string, (media: HTMLMediaElement, url: string, fail: (why: string) => void) => Promise<void>>} */
const players = {
  async hlsjs(media, url, fail) {
    const hls = new Hls();
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (data.fatal) fail(`${data.details} ${data.error ?? ""}`);
    });
    hls.loadSource(url);
    hls.attachMedia(media);
  },
  async shaka(media, url, fail) {
    const player = new shaka.Player();
    player.addEventListener("error", (event) => fail(`shaka ${event.detail.code}`));
    await player.attach(media);
    await player.load(url);
  },
  async native(media, url) {
    media.src = url;
  },
};

/** One player's sound: two channels from the first sample it played, as base64 of float32. */
async function play(name, url) {
  const media = document.createElement("audio");
  media.crossOrigin = "anonymous";
  const context = new AudioContext({ sampleRate: RATE });
  await context.audioWorklet.addModule(
    URL.createObjectURL(new Blob([RECORDER], { type: "text/javascript" })),
  );
  const recorder = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0 });
  const heard = [];
  recorder.port.onmessage = ({ data }) => heard.push(data);
  context.createMediaElementSource(media).connect(recorder);
  const faults = [];
  let ended = () => {};
  const end = new Promise((resolve) => (ended = resolve));
  const fail = (why) => {
    faults.push(why);
    ended();
  };
  media.addEventListener("error", () => fail(`media ${media.error?.message}`));
  media.addEventListener("ended", ended);
  try {
    await players[name](media, url, fail);
    await context.resume();
    await media.play();
    await Promise.race([end, new Promise((_, no) => setTimeout(() => no("too slow"), 60000))]);
  } catch (error) {
    faults.push(String(error?.code ?? error));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  const length = heard.reduce((sum, part) => sum + part[0].length, 0);
  const sound = new Float32Array(2 * length);
  let at = 0;
  for (const part of heard) {
    sound.set(part[0], at);
    sound.set(part[1] ?? part[0], length + at);
    at += part[0].length;
  }
  await context.close();
  return { faults, duration: media.duration, sound: base64(new Uint8Array(sound.buffer)) };
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

globalThis.playAll = (wanted) => Promise.all(wanted.map(([name, url]) => play(name, url)));
globalThis.ready = true;
