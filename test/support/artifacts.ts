import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect } from 'vitest';
import { unpack } from '../../activities/fetch/unpack.ts';
import type { Row } from './cluster.ts';

/** Downloads the artifact of a source, as anybody would who has read its status, and checks its digest. */
export async function downloadArtifact({ status }: Row): Promise<Buffer> {
  const { url = '', digest } = status.artifact ?? {};
  const answer = await fetch(url);
  expect(answer.status, url).toBe(200);
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digest);
  return bytes;
}

/** The files in the artifact of a source: texts by their paths, in order. */
export async function artifactOf(row: Row): Promise<Record<string, string>> {
  const bytes = await downloadArtifact(row);
  const directory = await mkdtemp(join(tmpdir(), 'sluice-artifact-'));
  try {
    const tree = join(directory, 'tree');
    await writeFile(join(directory, 'a.tar.gz'), bytes);
    await unpack(join(directory, 'a.tar.gz'), tree);
    const entries = await readdir(tree, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    const texts = paths.map(async (path): Promise<[string, string]> => [
      relative(tree, path),
      await readFile(path, 'utf8'),
    ]);
    return Object.fromEntries(await Promise.all(texts));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
