/** Colours of a spectrogram from its floor to its top: lightness rises evenly, so that it reads in grey as well. */
const STOPS: readonly (readonly [number, number, number])[] = [
  [4, 4, 14],
  [38, 16, 74],
  [94, 24, 124],
  [156, 42, 120],
  [216, 70, 96],
  [248, 130, 94],
  [254, 196, 136],
  [252, 250, 200],
];

/** 256 colours, four bytes (RGBA) each. */
export const PALETTE = Uint8Array.from({ length: 1024 }, (_, i) => {
  const part = i % 4;
  if (part === 3) return 255;
  const place = (Math.floor(i / 4) / 255) * (STOPS.length - 1);
  const below = Math.min(Math.floor(place), STOPS.length - 2);
  const [low, high] = [STOPS[below]?.[part] ?? 0, STOPS[below + 1]?.[part] ?? 0];
  return Math.round(low + (high - low) * (place - below));
});

/** The colour of silence as a CSS value. */
export const FLOOR_COLOUR = `rgb(${STOPS[0]?.join(' ') ?? '0 0 0'})`;
