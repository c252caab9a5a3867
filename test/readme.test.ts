import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const here = import.meta.dirname;
const text = await readFile(join(here, 'README.md'), 'utf8');
const rows = text.split('\n').filter((line) => /^\| [A-Z]\d\d /.test(line));

test('the table of behaviours names every id once', () => {
  const ids = rows.map((row) => row.slice(2, 5));
  expect(ids.length).toBeGreaterThan(70);
  expect(new Set(ids).size).toBe(ids.length);
});

test('every test that the table names is there', async () => {
  for (const row of rows) {
    const [id = '', , proof = ''] = row
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    const [, file, title] = /^`([^`]+)`: (.+)$/.exec(proof) ?? [];
    if (file === undefined || title === undefined) {
      expect(proof, id).toMatch(/^none: ./);
      continue;
    }
    expect(await readFile(join(here, file), 'utf8'), id).toContain(title);
  }
});
