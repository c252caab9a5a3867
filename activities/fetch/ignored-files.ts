import { posix } from 'node:path';
import type { TreeFile } from './commit-tree.ts';
import { ignoreRules, type IgnoreFile } from './ignore-rules.ts';

/** The files that the ignore rules among them, and those of the spec, leave. Raises SourceIgnoreError. */
export async function withoutIgnored(
  files: readonly TreeFile[],
  specIgnore: string | undefined,
): Promise<TreeFile[]> {
  const rules: IgnoreFile[] = [];
  for (const file of files) {
    if (posix.basename(file.path) !== '.sourceignore') continue;
    const directory = posix.dirname(file.path);
    const text = Buffer.from(await file.read()).toString('utf8');
    rules.push({ directory: directory === '.' ? '' : directory, text });
  }
  const isIgnored = ignoreRules(rules, specIgnore);
  return files.filter(({ path }) => !isIgnored(path));
}
