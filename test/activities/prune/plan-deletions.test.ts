import { expect, test } from 'vitest';
import fc from 'fast-check';
import { digestOf } from '../../../activities/prune/plan-deletions.ts';

const entries = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}_[a-z]{1,8}__ConfigMap$/), {
  maxLength: 20,
});
const rowsOf = (ids: readonly string[]) => ids.map((id) => ({ id, v: 'v1' }));

test('the digest names a set whatever its order and the versions of its entries', () => {
  fc.assert(
    fc.property(entries, (ids) => {
      const reversed = rowsOf([...ids].reverse()).map((row) => ({ ...row, v: 'v2' }));
      expect(digestOf(reversed)).toBe(digestOf(rowsOf(ids)));
    }),
  );
});

test('another set has another digest', () => {
  fc.assert(
    fc.property(entries, entries, (a, b) => {
      fc.pre([...a].sort().join() !== [...b].sort().join());
      expect(digestOf(rowsOf(a))).not.toBe(digestOf(rowsOf(b)));
    }),
  );
});

test('the digest is written as everywhere', () => {
  expect(digestOf([])).toBe(
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
});
