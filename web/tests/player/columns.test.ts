import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf, readsFor, spectrumStart } from '../../src/player/columns';

test('dense columns are read as one stretch, sparse ones one by one', () => {
  const rate = 48000;
  const dense = columnsOf({ from: 1, to: 2 }, rate, 100);
  assert.equal(readsFor(dense, 0, 100, 10 * rate).length, 1);
  const sparse = columnsOf({ from: 0, to: 3600 }, rate, 1000);
  const reads = readsFor(sparse, 0, 1000, 3600 * rate);
  assert.equal(reads.length, 1000);
  assert.deepEqual(reads[10], { from: spectrumStart(sparse, 10), count: 2048 });
  assert.equal(spectrumStart(sparse, 10) + 1024, 1_814_400);
});

test('reads stay within the file', () => {
  const rate = 8000;
  const columns = columnsOf({ from: 0, to: 0.05 }, rate, 50);
  assert.deepEqual(readsFor(columns, 0, 50, 400), [{ from: 0, count: 400 }]);
  assert.deepEqual(readsFor(columns, 0, 50, 0), []);
});
