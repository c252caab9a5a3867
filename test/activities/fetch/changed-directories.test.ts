import { expect, test } from 'vitest';
import { createTrees } from '../../../activities/fetch/changed-directories.ts';

const key = { namespace: 'apps', name: 'repo' };
const files = (tree: Record<string, string>) =>
  Object.entries(tree).map(([path, oid]) => ({
    path,
    oid,
    executable: false,
    read: () => Promise.resolve(new Uint8Array()),
  }));

test('directories with a changed, added or removed file are told, and no others', () => {
  const trees = createTrees();
  const first = { 'a/x': '1', 'a/deep/y': '1', 'b/z': '1', 'gone/w': '1', root: '1' };
  const second = { 'a/x': '2', 'a/deep/y': '1', 'b/z': '1', 'new/v': '1', root: '1' };
  expect(trees.changed(key, 'r0', { revision: 'r1', files: files(first) })).toBeUndefined();
  const changed = trees.changed(key, 'r1', { revision: 'r2', files: files(second) });
  expect(changed).toEqual(['a', 'gone', 'new']);
  expect(
    trees.changed(key, 'r2', { revision: 'r3', files: files({ ...second, root: '2' }) }),
  ).toEqual(['.']);
});

test('nothing is told where the artifact before is another than the one remembered', () => {
  const trees = createTrees();
  trees.changed(key, undefined, { revision: 'r1', files: files({ a: '1' }) });
  expect(trees.changed(key, 'r9', { revision: 'r2', files: files({ a: '2' }) })).toBeUndefined();
});

test('a change of very many directories is not worth telling', () => {
  const trees = createTrees();
  const tree = (oid: string) =>
    files(Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`d${at}/f`, oid])));
  trees.changed(key, undefined, { revision: 'r1', files: tree('1') });
  expect(trees.changed(key, 'r1', { revision: 'r2', files: tree('2') })).toBeUndefined();
});
