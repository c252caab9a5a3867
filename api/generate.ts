import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { crdManifests } from './crds.ts';

/** Writes deploy/crds from the schemas; with --check only says whether the files are what they would become. */
const check = process.argv.includes('--check');
const directory = fileURLToPath(new URL('../deploy/crds/', import.meta.url));
const stale: string[] = [];

await mkdir(directory, { recursive: true });
for (const crd of crdManifests()) {
  const file = `${directory}${crd.metadata.name}.yaml`;
  const text = stringify(crd, { lineWidth: 0, aliasDuplicateObjects: false });
  const before = await readFile(file, 'utf8').catch(() => '');
  if (before === text) continue;
  if (check) stale.push(file);
  else await writeFile(file, text);
}
if (stale.length > 0) {
  process.stderr.write(`out of date, run npm run generate:\n${stale.join('\n')}\n`);
  process.exitCode = 1;
}
