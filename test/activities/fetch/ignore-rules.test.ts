import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ignoreRules, type IgnoreFile } from '../../../activities/fetch/ignore-rules.ts';

const root = (text: string): IgnoreFile[] => [{ directory: '', text }];

test.each<[string, IgnoreFile[], string | undefined, string, boolean]>([
  ['media by default', [], undefined, 'docs/logo.png', true],
  ['builders by default', [], undefined, '.github/workflows/ci.yml', true],
  ['manifests never by default', [], undefined, 'deploy/app.yaml', false],
  ['spec.ignore replaces the defaults', [], '*.md', 'logo.png', false],
  ['spec.ignore', [], '*.md', 'docs/README.md', true],
  ['everything but a directory', [], '/*\n!/deploy', 'src/main.go', true],
  ['the directory that is let in again', [], '/*\n!/deploy', 'deploy/app.yaml', false],
  ['.sourceignore of the root', root('*.txt'), undefined, 'a/b.txt', true],
  ['.sourceignore replaces the defaults', root('*.txt'), undefined, 'logo.png', false],
  ['spec.ignore comes after the files', root('*.txt'), '!keep.txt', 'keep.txt', false],
  ['comments and blank lines', root('# *.yaml\n\n*.txt'), undefined, 'a.yaml', false],
  [
    'a nested file holds below it',
    [{ directory: 'a', text: '*.txt' }],
    undefined,
    'a/b/c.txt',
    true,
  ],
  ['and not beside it', [{ directory: 'a', text: '*.txt' }], undefined, 'b/c.txt', false],
  [
    'anchored in its directory',
    [{ directory: 'a', text: '/x.txt' }],
    undefined,
    'a/b/x.txt',
    false,
  ],
  ['case counts', [], '*.MD', 'a.md', false],
  // As Flux has them, and Git not: a file is let in again below what is left out.
  ['all but YAML, at any depth', [], '*\n!*.yaml', 'a/b/c.yaml', false],
  ['all but one deep directory', [], '/*\n!/deploy/app', 'deploy/app/a.yaml', false],
  ['and nothing beside it', [], '/*\n!/deploy/app', 'deploy/db/a.yaml', true],
  ['a directory alone, not a file of its name', [], 'build/', 'a/build', false],
  ['what is in such a directory', [], 'build/', 'a/build/b/c', true],
  ['stars for directories', [], '/a/**/x.yaml', 'a/b/c/x.yaml', true],
  ['or for none', [], '/a/**/x.yaml', 'a/x.yaml', true],
  ['stars within a name fit nothing', [], '/a/b**', 'a/bc', false],
  ['a set of characters', [], '/[a-c]?.txt', 'bz.txt', true],
  ['what is not in it', [], '[^a-c].txt', 'b.txt', false],
  ['an exclamation mark negates no set', [], '[!a].txt', 'b.txt', false],
  ['a malformed rule fits nothing', [], '[a-\n[', '[', false],
  ['a literal star', [], '\\*.txt', 'a.txt', false],
  ['spaces at the end do not count', [], '*.md  ', 'a.md', true],
  [
    'the directory of a nested file itself',
    [{ directory: 'a', text: '/*' }],
    undefined,
    'a',
    false,
  ],
])('%s', (...[, files, spec, path, ignored]) => {
  expect(ignoreRules(files, spec)(path)).toBe(ignored);
});

test('no rule brings a file of Git into an artifact', () => {
  const paths = fc.constantFrom('.git/config', '.gitignore', 'a/.gitmodules', 'b/.gitattributes');
  const rules = fc.array(fc.constantFrom('!.git', '!.git/**', '!**', '!*', '!.gitignore', '*.x'));
  fc.assert(
    fc.property(paths, rules, (path, lines) => {
      const text = lines.join('\n');
      return ignoreRules(root(text), text)(path);
    }),
  );
});

test('a later rule wins over an earlier one', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1 }), (negations) => {
      const lines = negations.map((negated) => `${negated ? '!' : ''}a.yaml`);
      return ignoreRules([], lines.join('\n'))('a.yaml') === !negations.at(-1);
    }),
  );
});

test('rules that would take for ever elsewhere are quick, and too many are refused', () => {
  const begun = Date.now();
  const hostile = `${'*a'.repeat(60)}*b`;
  expect(ignoreRules([], hostile)('a'.repeat(250))).toBe(false);
  expect(Date.now() - begun).toBeLessThan(5000);
  expect(() => ignoreRules(root('x\n'.repeat(5001)), undefined)).toThrow('more than 5000');
});
