import { expect, test } from 'vitest';
import { sparse } from '../../../activities/fetch/sparse-checkout.ts';

const file = (path: string) => ({
  path,
  oid: path,
  executable: false,
  read: () => Promise.resolve(Buffer.from('')),
});
const commit = {
  files: ['README.md', 'a/x.yaml', 'a/b/y.yaml', 'ab/z.yaml', '.hidden/h.yaml'].map(file),
  submodules: [
    { path: 'a/module', commit: '1' },
    { path: 'module', commit: '2' },
  ],
  links: ['links/one'],
};

test.each<[string[] | undefined, string[]]>([
  [undefined, ['README.md', 'a/x.yaml', 'a/b/y.yaml', 'ab/z.yaml', '.hidden/h.yaml']],
  [[], ['README.md', 'a/x.yaml', 'a/b/y.yaml', 'ab/z.yaml', '.hidden/h.yaml']],
  [['./'], ['README.md', 'a/x.yaml', 'a/b/y.yaml', 'ab/z.yaml', '.hidden/h.yaml']],
  [['a'], ['a/x.yaml', 'a/b/y.yaml']],
  [['./a/'], ['a/x.yaml', 'a/b/y.yaml']],
  [
    ['a/b', 'ab'],
    ['a/b/y.yaml', 'ab/z.yaml'],
  ],
  [['README.md'], ['README.md']],
  [['links'], []],
])('%j leaves %j', (directories, paths) => {
  expect(sparse(commit, directories).files.map(({ path }) => path)).toEqual(paths);
});

test('submodules outside are left out', () => {
  expect(sparse(commit, ['a']).submodules.map(({ path }) => path)).toEqual(['a/module']);
});

test.each([[['b']], [['a', 'a/bb']], [['../a']], [['a/x.yam']]])('%j is not there', (names) => {
  expect(() => sparse(commit, names)).toThrow(`"${names.at(-1) ?? ''}"`);
});
