import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Progress } from '../progress.ts';
import { minimalEnvironment } from './environment.ts';
import { cachedPath, nonEmpty } from './paths.ts';
import type { Tool } from './tools.ts';

/** A copy that is on the machine already: named in the environment, on PATH, or in the cache. The first two count only in the pinned version. */
export async function findInstalled(tool: Tool, progress: Progress): Promise<string | undefined> {
  return (
    (await fromEnvironment(tool, progress)) ?? (await fromPath(tool)) ?? (await fromCache(tool))
  );
}

/** The copy in the cache; its folder names the version and it was checked before it got there. */
export async function fromCache(tool: Tool): Promise<string | undefined> {
  const path = cachedPath(tool);
  return (await isExecutable(path)) ? path : undefined;
}

async function fromEnvironment(tool: Tool, progress: Progress): Promise<string | undefined> {
  const path = nonEmpty(process.env[tool.env]);
  if (path === undefined) return undefined;
  if (!(await isExecutable(path))) {
    progress.note(tool.name, `${tool.env}=${path} is no executable file; not used`);
    return undefined;
  }
  if (tool.anyVersionFromEnv || (await hasVersion(path, tool))) return path;
  progress.note(tool.name, `${tool.env}=${path} is not ${tool.version}; not used`);
  return undefined;
}

async function fromPath(tool: Tool): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, tool.name);
    if (folder !== '' && (await isExecutable(path)) && (await hasVersion(path, tool))) return path;
  }
  return undefined;
}

/** True for a file that may be run. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function hasVersion(path: string, tool: Tool): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)(path, [...tool.versionArgs], {
      env: minimalEnvironment(),
      timeout: 10_000,
    });
    return printsVersion(stdout, tool.version);
  } catch {
    return false;
  }
}

/** Whether the first version in a program's `--version` output is the pinned one, with or without the v. */
export function printsVersion(output: string, version: string): boolean {
  const first = /\bv?(\d+\.\d+\.\d+[\w.+-]*)/.exec(output)?.[1];
  return first === version.replace(/^v/, '');
}
