import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Platform } from './release.ts';
import type { Tool } from './tools.ts';

/** Everything this project keeps outside the repository: programs by version, and the data of the local stack. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return join(nonEmpty(env['XDG_CACHE_HOME']) ?? join(homedir(), '.cache'), 'sluice');
}

/** Where a tool of the pinned version is kept; a version that changes never meets the old file. */
export function cachedPath(tool: Tool): string {
  return join(cacheRoot(), 'bin', tool.name, tool.version, tool.name);
}

/** The folder of the pinned Go module. */
export function modulePath(module: string): string {
  return fileURLToPath(new URL(`../modules/${module}`, import.meta.url));
}

/** This machine, in the names that Go and the release pages use. */
export function thisPlatform(): Platform {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  return { os, arch: process.arch === 'x64' ? 'amd64' : process.arch };
}

/** An environment variable that is set but empty counts as not set. */
export function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}
