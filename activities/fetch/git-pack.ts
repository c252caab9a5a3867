import { open } from 'node:fs/promises';
import { gitLimits } from './git-limits.ts';
import type { GitObjects } from './git-objects.ts';
import { PackFile, tooMuch } from './git-pack-file.ts';
import { PackIndex, type PackLimits } from './git-pack-index.ts';

/**
 * Writes a pack to a file and reads through it, with little of it in memory at a time. Raises GitOperationFailed for a pack that is broken
 * or over a limit, and the reason of the signal once that is aborted. The objects can be read for as long as the file is there.
 */
export async function receivePack(
  stream: AsyncIterable<Buffer>,
  path: string,
  { signal, limits = gitLimits }: { signal: AbortSignal; limits?: PackLimits },
): Promise<GitObjects> {
  const size = await writePack(stream, path, limits.pack);
  const index = new PackIndex(new PackFile(path, size), signal, limits);
  await index.scan();
  await index.resolveDeltas();
  return index;
}

async function writePack(
  stream: AsyncIterable<Buffer>,
  path: string,
  limit: number,
): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > limit) throw tooMuch(`more than ${limit} bytes`);
      await file.write(chunk);
    }
  } finally {
    await file.close();
  }
  return size;
}
