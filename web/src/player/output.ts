/** A player that sounds and can be silenced. */
export interface Sounding {
  pause(): void;
}

/** Milliseconds of silence after which the audio hardware is suspended. */
const REST = 500;

const contexts = new Map<number, AudioContext>();
let sounding: Sounding | undefined;

/**
 * The page's audio context at `rate`. If a browser refuses this rate, at the hardware's rate; audio
 * is then resampled.
 */
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

/** Lets `who` play and pauses the player that played before. */
export function claim(who: Sounding): void {
  const before = sounding;
  sounding = who;
  if (before !== who) before?.pause();
}

/** Ends the turn of `who`. */
export function release(who: Sounding): void {
  if (sounding !== who) return;
  sounding = undefined;
  setTimeout(() => {
    if (sounding) return;
    for (const context of contexts.values()) void context.suspend();
  }, REST);
}
