import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { pages } from './pages.ts';

/** Writes docs/reference from the code; with --check only says whether the files are what they would become. */
const check = process.argv.includes('--check');
const directory = fileURLToPath(new URL('../../docs/reference/', import.meta.url));
const style = await resolveConfig(directory);

await mkdir(directory, { recursive: true });
const left = new Set(await readdir(directory));
const stale: string[] = [];
for (const { file, text } of pages()) {
  left.delete(file);
  const wanted = await format(text, { ...style, parser: 'markdown' });
  const found = await readFile(`${directory}${file}`, 'utf8').catch(() => '');
  if (found === wanted) continue;
  stale.push(file);
  if (!check) await writeFile(`${directory}${file}`, wanted);
}
for (const file of left) {
  stale.push(file);
  if (!check) await rm(`${directory}${file}`);
}
if (check && stale.length > 0) {
  const files = stale.map((file) => `docs/reference/${file}`).join('\n');
  process.stderr.write(`out of date, run npm run generate:\n${files}\n`);
  process.exitCode = 1;
}
