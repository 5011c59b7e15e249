import { element } from './dom';
import { correctionOf } from './step';

/** Seconds: while it stands still, a picture this near to the position is the one to be shown. */
const SAME = 0.001;
/** Seconds before its end at which a picture still has a frame. */
const LAST = 0.05;

/** So many seconds a jump goes ahead of the sound at most. */
const MOST_AHEAD = 0.2;

const UNSHOWN =
  'This browser cannot show the picture of this video, only play its sound. A video that you save has its picture all the same.';

/** The picture of a video. It is muted: the sound comes from the take, and the picture follows it. */
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
  /** Where the sound is, seconds, and whether it goes on. */
  #at = 0;
  #playing = false;
  #isReady = false;
  /** When the picture jumped last, milliseconds, and how many seconds it took to get there. */
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
      // What came in between is made up for.
      this.#keepUp();
    });
    this.#video.addEventListener('click', press);
    this.#video.src = this.#address;
  }

  /** Has the picture where the sound is, seconds. */
  follow(at: number, playing: boolean): void {
    this.#at = at;
    this.#playing = playing;
    this.#keepUp();
  }

  close(): void {
    this.#isReady = false;
    this.#video.removeAttribute('src');
    // Lets go of what it has decoded.
    this.#video.load();
    URL.revokeObjectURL(this.#address);
    this.host.remove();
  }

  #loaded(): void {
    // The browser plays the sound alone where it does not have the codec of the picture.
    if (this.#video.videoWidth === 0) return this.#fail();
    // Live recordings do not say how long they are, and cannot be sought until that is known.
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

  /** Stands still at that time. */
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
    // To where the sound will be by then.
    if (rate === 'jump') this.#jump(this.#at + this.#jumpTook);
    else if (video.playbackRate !== rate) video.playbackRate = rate;
    // Refused only if it was paused in the meantime, or has no codec, which is said elsewhere.
    if (video.paused) video.play().catch(() => {});
  }
}
