/** Something that sounds and can be silenced. */
export interface Sounding {
  pause(): void;
}

/** Milliseconds after which silence puts the audio hardware to rest. */
const REST = 500;

const contexts = new Map<number, AudioContext>();
let sounding: Sounding | undefined;

/** The page's audio context of `rate`, or of the hardware's rate where a browser refuses that; audio is then resampled. */
export function contextAt(rate: number): AudioContext {
  const known = contexts.get(rate);
  if (known) return known;
  const context = create(rate);
  contexts.set(rate, context);
  return context;
}

function create(rate: number): AudioContext {
  try {
    return new AudioContext({ sampleRate: rate });
  } catch {
    return new AudioContext();
  }
}

/** Lets `who` play. The player that played before is paused. */
export function claim(who: Sounding): void {
  const before = sounding;
  sounding = who;
  if (before !== who) before?.pause();
}

/** Gives the voice back. */
export function release(who: Sounding): void {
  if (sounding !== who) return;
  sounding = undefined;
  setTimeout(() => {
    if (sounding) return;
    for (const context of contexts.values()) void context.suspend();
  }, REST);
}
