import { rm } from 'node:fs/promises';
import { afterAll } from 'vitest';
import { directoryWith } from './files.ts';

/** Makes directories with files, as directoryWith does, which are removed after the tests of the file. */
export function ownDirectories(): typeof directoryWith {
  const made: string[] = [];
  afterAll(async () => {
    for (const directory of made) await rm(directory, { recursive: true, force: true });
  });
  return async (files) => {
    const directory = await directoryWith(files);
    made.push(directory);
    return directory;
  };
}
