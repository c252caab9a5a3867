import { access } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { anchorsOf, linksOf } from '../support/markdown.ts';
import { documents } from '../support/sources.ts';

const all = await documents();
const root = join(import.meta.dirname, '../..');

test('there are links to check', () => {
  expect(all.flatMap(linksOf).filter(isOurs).length).toBeGreaterThan(50);
});

test.each(all)('every link of $path leads somewhere', async (document) => {
  for (const link of linksOf(document).filter(isOurs)) {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? document.path : posix.join(posix.dirname(document.path), file);
    await expect(access(join(root, target)), `${link} is not there`).resolves.toBeUndefined();
    if (anchor === undefined) continue;
    const found = all.find(({ path }) => path === target);
    expect(found, `${link}: anchors are looked up in documents alone`).toBeDefined();
    if (found) expect([...anchorsOf(found)], link).toContain(anchor);
  }
});

test('every page of docs can be reached from its index', () => {
  const pages = all.filter(({ path }) => path.startsWith('docs/')).map(({ path }) => path);
  const index = all.find(({ path }) => path === 'docs/README.md');
  const linked = new Set(index ? linksOf(index).map((link) => posix.join('docs', link)) : []);
  expect(pages.filter((path) => path !== 'docs/README.md' && !linked.has(path))).toEqual([]);
});

function isOurs(link: string): boolean {
  return !/^[a-z]+:/.test(link);
}
