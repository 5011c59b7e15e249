/** Normally distributed numbers, the same for each seed. With zeros, a network could take short cuts. */
export function noise(length, seed = 1) {
  const numbers = new Float32Array(length);
  let state = seed;
  // A number in (0, 1].
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  for (let at = 0; at < length; at++) {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    numbers[at] = 0.7 * radius * Math.cos(2 * Math.PI * uniform());
  }
  return numbers;
}

/** Fails unless all numbers are finite and not all are equal. */
export function check(name, numbers) {
  const same = numbers.length > 1 && numbers.every((number) => number === numbers[0]);
  if (same || !numbers.every(Number.isFinite)) {
    throw new Error(`${name}: not what a network gives: ${numbers.slice(0, 8)}`);
  }
}
