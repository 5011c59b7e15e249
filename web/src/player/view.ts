/** The stretch of a recording that is shown, seconds. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** The shortest stretch that can be shown, seconds. */
const CLOSEST = 0.05;

export function whole(duration: number): View {
  return { from: 0, to: duration };
}

/** The view of `span` seconds that begins at `from`, or as near to it as the recording allows. */
export function placed(from: number, span: number, duration: number): View {
  const width = Math.min(Math.max(span, CLOSEST), duration);
  const start = Math.min(Math.max(from, 0), duration - width);
  return { from: start, to: start + width };
}

/** The view magnified by `factor`. The moment `at` stays where it is. */
export function zoomed(view: View, factor: number, at: number, duration: number): View {
  const span = Math.min(Math.max((view.to - view.from) / factor, CLOSEST), duration);
  const share = (at - view.from) / (view.to - view.from);
  return placed(at - share * span, span, duration);
}

/** The view that shows `at`: the same view if it shows `at` already, else the next page. */
export function following(view: View, at: number, duration: number): View {
  if (at >= view.from && at <= view.to) return view;
  return placed(at, view.to - view.from, duration);
}

/** At most `count` round times to label in the view, and how many decimals they need. */
export function ticks(view: View, count: number): { times: number[]; digits: number } {
  const least = (view.to - view.from) / Math.max(count, 1);
  const step = STEPS.find((seconds) => seconds >= least) ?? Math.ceil(least / 3600) * 3600;
  const first = Math.ceil(view.from / step);
  const last = Math.floor(view.to / step);
  const times = Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => (first + i) * step);
  return { times, digits: step < 0.1 ? 2 : step < 1 ? 1 : 0 };
}

const STEPS = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
];

/** Formats a time: `0:07`, `1:02:03` or, with digits, `0:07.25`. */
export function timecode(seconds: number, digits = 0): string {
  const unit = 10 ** digits;
  // Rounded down: a clock shows a second once it has begun. The small addend corrects binary fractions.
  const total = Math.floor(seconds * unit + 1e-6) / unit;
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = (total % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, '0');
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
