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
