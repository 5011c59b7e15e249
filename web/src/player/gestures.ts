export interface Gestures {
  /** A click or drag reached this place, in CSS pixels of the window. */
  point(clientX: number): void;
  /** The wheel with Ctrl, or two fingers on a touchpad, zoom around this place. */
  zoom(factor: number, clientX: number): void;
}

/**
 * Reports gestures over `target` until `signal` aborts. A dragged finger scrolls; a tap counts as a
 * click.
 */
export function gesturesOn(
  target: HTMLElement,
  { point, zoom }: Gestures,
  signal: AbortSignal,
): void {
  const drags = ({ pointerType }: PointerEvent) => pointerType !== 'touch';
  const down = (event: PointerEvent) => {
    if (event.button === 0 && drags(event)) target.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    if (drags(event) && target.hasPointerCapture(event.pointerId)) point(event.clientX);
  };
  const wheel = (event: WheelEvent) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(2 ** (-event.deltaY / 200), event.clientX);
  };
  target.addEventListener('pointerdown', down, { signal });
  target.addEventListener('pointermove', move, { signal });
  target.addEventListener('click', ({ clientX }) => point(clientX), { signal });
  target.addEventListener('wheel', wheel, { signal, passive: false });
}
