import assert from 'node:assert/strict';

/** Asserts that two numbers are the same to so many digits after the point. */
export function assertClose(actual: number, expected: number, digits: number): void {
  // Of two infinities the difference is not a number.
  if (actual === expected) return;
  const apart = Math.abs(actual - expected);
  assert.ok(apart < 10 ** -digits / 2, `${actual} is not ${expected} to ${digits} digits`);
}
