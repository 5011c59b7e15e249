import assert from 'node:assert/strict';

/** Asserts that two numbers agree to `digits` decimals. */
export function assertClose(actual: number, expected: number, digits: number): void {
  // The difference of two infinities is NaN.
  if (actual === expected) return;
  const apart = Math.abs(actual - expected);
  assert.ok(apart < 10 ** -digits / 2, `${actual} is not ${expected} to ${digits} digits`);
}
