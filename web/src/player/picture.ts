import { element } from './dom';
import { correctionOf } from './step';

/** Seconds: a paused picture within this distance of the position is not moved. */
const SAME = 0.001;
/** Seconds before the end of a video at which there still is a frame. */
const LAST = 0.05;

/** A jump goes at most this many seconds ahead of the sound. */
const MOST_AHEAD = 0.2;

const UNSHOWN =
  'This browser cannot show the picture of this video, only play its sound. Saved videos still have the picture.';

/** The picture of a video. The video is muted: the sound comes from the take, and the picture follows it. */
export class Picture {
  readonly host = element('div', { class: 'player-video' });
  readonly #video = element('video', {
    preload: 'auto',
    playsinline: '',
    disablepictureinpicture: '',
    tabindex: '-1',
    'aria-label': 'Picture of the video',
  });
  readonly #address: string;
  /** The position of the sound in seconds, and whether it plays. */
  #at = 0;
  #playing = false;
  #isReady = false;
  /** The time of the last jump in milliseconds, and how many seconds the jump took. */
  #jumped = 0;
  #jumpTook = 0;

  /** `press` is called when the picture is clicked. */
  constructor(file: Blob, press: () => void) {
    this.#address = URL.createObjectURL(file);
    this.host.append(this.#video);
    this.#video.muted = true;
    this.#video.addEventListener('loadedmetadata', () => this.#loaded());
    this.#video.addEventListener('durationchange', () => this.#measured());
    this.#video.addEventListener('error', () => this.#fail());
    this.#video.addEventListener('seeked', () => {
      this.#jumpTook = Math.min((performance.now() - this.#jumped) / 1000, MOST_AHEAD);
      // The sound has moved on during the jump.
      this.#keepUp();
    });
    this.#video.addEventListener('click', press);
    this.#video.src = this.#address;
  }

  /** Brings the picture to the position of the sound, in seconds. */
  follow(at: number, playing: boolean): void {
    this.#at = at;
    this.#playing = playing;
    this.#keepUp();
  }

  close(): void {
    this.#isReady = false;
    this.#video.removeAttribute('src');
    // Frees the decoded frames.
    this.#video.load();
    URL.revokeObjectURL(this.#address);
    this.host.remove();
  }

  #loaded(): void {
    // A browser without the picture's codec loads only the sound.
    if (this.#video.videoWidth === 0) return this.#fail();
    // The files of live recordings do not declare their length. A seek to the end makes the browser
    // measure it; before that it cannot seek.
    if (this.#video.duration === Infinity) this.#video.currentTime = Number.MAX_SAFE_INTEGER;
    else this.#measured();
  }

  #measured(): void {
    if (!Number.isFinite(this.#video.duration) || this.#video.videoWidth === 0) return;
    this.#isReady = true;
    this.#keepUp();
  }

  #fail(): void {
    if (!this.#video.hasAttribute('src')) return;
    this.#isReady = false;
    this.#video.hidden = true;
    this.host.append(element('p', {}, UNSHOWN));
    this.host.classList.add('player-unshown');
  }

  #keepUp(): void {
    const video = this.#video;
    if (!this.#isReady || video.seeking) return;
    const end = Math.max(video.duration - LAST, 0);
    if (this.#playing && this.#at < end) this.#run();
    else this.#show(Math.min(this.#at, end));
  }

  /** Pauses the picture at that time. */
  #show(at: number): void {
    const video = this.#video;
    if (!video.paused) video.pause();
    if (Math.abs(video.currentTime - at) > SAME) this.#jump(at);
  }

  #jump(at: number): void {
    this.#jumped = performance.now();
    this.#video.playbackRate = 1;
    this.#video.currentTime = at;
  }

  #run(): void {
    const video = this.#video;
    const rate = correctionOf(video.currentTime - this.#at, video.playbackRate);
    // Jumps to where the sound will be when the jump is over.
    if (rate === 'jump') this.#jump(this.#at + this.#jumpTook);
    else if (video.playbackRate !== rate) video.playbackRate = rate;
    // Rejects only if it was paused in the meantime or has no codec; `#fail` reports a missing codec.
    if (video.paused) video.play().catch(() => {});
  }
}
