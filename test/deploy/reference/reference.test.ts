import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { explained } from '../../../deploy/reference/markdown.ts';
import { names } from '../../../deploy/reference/names.ts';
import { pages } from '../../../deploy/reference/pages.ts';
import { reasonMeanings } from '../../../deploy/reference/reasons.ts';
import { codeOf } from '../../support/sources.ts';

const reference = join(import.meta.dirname, '../../../docs/reference');

test('the committed reference is what the code makes of it, and nothing else', async () => {
  const made = pages();
  expect((await readdir(reference)).sort()).toEqual(made.map(({ file }) => file).sort());
  for (const { file, text } of made) {
    const path = join(reference, file);
    const style = await resolveConfig(path);
    const wanted = await format(text, { ...style, parser: 'markdown' });
    expect(await readFile(path, 'utf8'), file).toBe(wanted);
  }
});

test('every annotation, label and finalizer of the code is in its table', async () => {
  const known = new Set(names.map(({ name }) => name));
  const pattern =
    /(?:sluice\.dev|[a-z]+(?:\.toolkit)?\.fluxcd\.io)\/[a-z][A-Za-z-]*|finalizers\.fluxcd\.io/g;
  const found = new Set<string>();
  for (const { text } of await codeOf('activities', 'api', 'client', 'worker', 'workflows')) {
    for (const [name] of text.matchAll(pattern)) found.add(name);
    for (const [, name = ''] of text.matchAll(/switchOf\(\w+, '(\w+)'\)/g)) {
      found.add(`kustomize.toolkit.fluxcd.io/${name}`);
    }
  }
  for (const name of found) if (isApiVersion(name)) found.delete(name);
  expect(found.size).toBeGreaterThan(10);
  expect([...found].filter((name) => !known.has(name))).toEqual([]);
});

function isApiVersion(name: string): boolean {
  return /\/v\d+$|\/v$/.test(name);
}

test('every reason of the code is explained', async () => {
  const found = new Set<string>();
  for (const { text } of await codeOf('activities', 'workflows', 'client')) {
    for (const [, reason = ''] of text.matchAll(/reason: '([A-Z]\w+)'/g)) found.add(reason);
  }
  expect(found.size).toBeGreaterThan(15);
  expect([...found].filter((reason) => !(reason in reasonMeanings))).toEqual([]);
});

test('what is not explained, and an explanation of nothing, is named', () => {
  expect(explained(['a'], { a: 'one' }, 'x')).toEqual([['a', 'one']]);
  expect(() => explained(['a'], {}, 'x.ts')).toThrow('x.ts does not explain a');
  expect(() => explained([], { b: '' }, 'x.ts')).toThrow('x.ts explains what is not there: b');
});
