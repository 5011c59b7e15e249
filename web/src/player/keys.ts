/** The keyboard shortcuts, as the help lists them. */
export const HELP: readonly (readonly [keys: string, effect: string])[] = [
  ['Space', 'play or pause'],
  ['X', 'original or enhanced'],
  ['1 2 3', 'original, enhanced, removed'],
  ['← →', 'five seconds back or forward; with Shift, half a second'],
  ['Home End', 'to the start or the end'],
  ['+ − 0', 'zoom in, zoom out, or fit'],
  ['Ctrl + wheel', 'zoom at the pointer'],
];

export type Action =
  | { kind: 'toggle' }
  | { kind: 'swap' }
  | { kind: 'select'; index: number }
  | { kind: 'step'; seconds: number }
  | { kind: 'start' }
  | { kind: 'end' }
  | { kind: 'zoom'; factor: number }
  | { kind: 'fit' };

/** The action of a key pressed in the player. Undefined if the browser should handle the key. */
export function actionOf(event: KeyboardEvent): Action | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return undefined;
  const kind = event.target instanceof Element ? event.target.tagName : '';
  // Space presses the focused control; arrows move among radio buttons.
  if (event.key === ' ')
    return kind === 'BUTTON' || kind === 'SUMMARY' ? undefined : { kind: 'toggle' };
  if (event.key.startsWith('Arrow') && kind === 'INPUT') return undefined;
  const step = event.shiftKey ? 0.5 : 5;
  switch (event.key) {
    case 'x':
    case 'X':
      return { kind: 'swap' };
    case '1':
    case '2':
    case '3':
      return { kind: 'select', index: Number(event.key) - 1 };
    case 'ArrowLeft':
      return { kind: 'step', seconds: -step };
    case 'ArrowRight':
      return { kind: 'step', seconds: step };
    case 'Home':
      return { kind: 'start' };
    case 'End':
      return { kind: 'end' };
    case '+':
    case '=':
      return { kind: 'zoom', factor: 2 };
    case '-':
      return { kind: 'zoom', factor: 0.5 };
    case '0':
      return { kind: 'fit' };
    default:
      return undefined;
  }
}
