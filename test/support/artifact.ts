import { createHash } from 'node:crypto';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpack } from '../../activities/fetch/unpack.ts';
import type { Row } from './cluster.ts';

/** Downloads the artifact of a source, as anybody would who has read its status; raises an Error where its bytes are not those of the digest. */
export async function downloadArtifact(row: Row): Promise<Buffer> {
  const { url = '', digest = '' } = row.status.artifact ?? {};
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (found !== digest) throw new Error(`${url} has the digest ${found}, and not ${digest}`);
  return bytes;
}

/** The paths of the files in the artifact of a source, sorted. */
export async function filesOf(row: Row): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-artifact-'));
  await writeFile(join(directory, 'a.tar.gz'), await downloadArtifact(row));
  await unpack(join(directory, 'a.tar.gz'), join(directory, 'tree'));
  const entries = await readdir(join(directory, 'tree'), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 6))
    .sort();
}
