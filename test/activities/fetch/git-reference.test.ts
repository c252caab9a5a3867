import { expect, test } from 'vitest';
import { resolveReference } from '../../../activities/fetch/git-reference.ts';

const oid = (digit: string): string => digit.repeat(40);
const refs = [
  { ref: 'refs/heads/main', oid: oid('1') },
  { ref: 'refs/heads/master', oid: oid('2') },
  { ref: 'refs/tags/v1.0.0', oid: oid('3') },
  { ref: 'refs/tags/v1.2.0', oid: oid('4'), peeled: oid('5') },
  { ref: 'refs/tags/v1.3.0-rc.1', oid: oid('6') },
  { ref: 'refs/tags/2.0', oid: oid('7') },
  { ref: 'refs/tags/latest', oid: oid('8') },
  { ref: 'refs/pull/7/head', oid: oid('9') },
];

test.each([
  ['nothing follows master', undefined, `master@sha1:${oid('2')}`],
  ['a branch', { branch: 'main' }, `main@sha1:${oid('1')}`],
  ['a tag before a branch', { tag: 'v1.0.0', branch: 'main' }, `v1.0.0@sha1:${oid('3')}`],
  ['a range before a tag', { semver: '1.x', branch: 'main' }, `v1.2.0@sha1:${oid('5')}`],
  ['a tag is peeled', { tag: 'v1.2.0' }, `v1.2.0@sha1:${oid('5')}`],
  ['a short version counts', { semver: '>=1.0' }, `2.0@sha1:${oid('7')}`],
  ['a pre-release where it is named', { semver: '>=1.3.0-0 <2' }, `v1.3.0-rc.1@sha1:${oid('6')}`],
  ['constraints joined by a comma', { semver: '>=1.0, <1.1' }, `v1.0.0@sha1:${oid('3')}`],
  [
    'a name before a tag',
    { name: 'refs/pull/7/head', tag: 'v1.0.0' },
    `refs/pull/7/head@sha1:${oid('9')}`,
  ],
  ['a commit before all', { commit: oid('a'), tag: 'v1.0.0' }, `sha1:${oid('a')}`],
  ['a commit of a branch', { commit: oid('a'), branch: 'main' }, `main@sha1:${oid('a')}`],
])('%s', (_, wanted, revision) => {
  expect(resolveReference(wanted, refs).revision).toBe(revision);
});

test.each([
  ['a branch', { branch: 'gone' }, 'no reference refs/heads/gone'],
  ['a range', { semver: '>=9' }, 'in the range ">=9"'],
  ['no range', { semver: 'newest' }, 'no range of versions'],
  ['a short hash', { commit: 'abc' }, 'no full hash'],
])('%s that is not there is named', (_, wanted, message) => {
  expect(() => resolveReference(wanted, refs)).toThrow(message);
});

test('a repository without a commit says so', () => {
  expect(() => resolveReference(undefined, [])).toThrow('no commit yet');
});
