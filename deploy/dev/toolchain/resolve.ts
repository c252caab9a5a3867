import { allOrAbort } from '../all-or-abort.ts';
import { interruptible } from '../interrupt.ts';
import { withLock } from '../lock.ts';
import { type Progress, withProgress } from '../progress.ts';
import { build } from './build.ts';
import { download } from './download.ts';
import { findInstalled, fromCache } from './installed.ts';
import { cachedPath, nonEmpty, thisPlatform } from './paths.ts';
import { type Tool, type ToolName, TOOLS } from './tools.ts';

/** Paths of tools by name. */
export type ToolPaths = Record<ToolName, string>;

/** The path of one tool in its pinned version: from the environment or PATH, the cache, the official download, or built from source, whichever comes first. */
export async function resolveTool(
  name: ToolName,
  progress?: Progress,
  signal?: AbortSignal,
): Promise<string> {
  const paths = await resolveTools([name], progress, signal);
  const path = paths[name];
  if (path === undefined) throw new Error(`${name} was not resolved`);
  return path;
}

/** The paths of several tools. Downloads run side by side; what is left is built, the biggest first. */
export async function resolveTools(
  names: readonly ToolName[],
  progress?: Progress,
  signal?: AbortSignal,
): Promise<Partial<ToolPaths>> {
  return withProgress(progress, (display) =>
    interruptible(signal, async (interrupt) => {
      const tools = names.map((name) => TOOLS[name]);
      const found = await Promise.all(
        tools.map((tool) => findOrDownload(tool, display, interrupt)),
      );
      const paths: Partial<ToolPaths> = {};
      const missing: Tool[] = [];
      for (const [index, tool] of tools.entries()) {
        const path = found[index];
        if (path === undefined) missing.push(tool);
        else paths[tool.name] = path;
      }
      missing.sort((a, b) => b.build.minutes - a.build.minutes);
      await allOrAbort(missing, interrupt, async (tool, stop) => {
        paths[tool.name] = await buildOnce(tool, display, stop);
      });
      return paths;
    }),
  );
}

async function findOrDownload(
  tool: Tool,
  progress: Progress,
  signal: AbortSignal,
): Promise<string | undefined> {
  const installed = await findInstalled(tool, progress);
  if (installed !== undefined || process.env['SLUICE_DOWNLOAD'] === 'off') return installed;
  const wanted = tool.download(thisPlatform());
  if (wanted === undefined) return undefined;
  return once(tool, progress, signal, async (target) => {
    progress.step(tool.name, `downloading ${tool.version}`);
    try {
      const mirror = nonEmpty(process.env['SLUICE_DOWNLOAD_MIRROR']);
      await download(wanted, target, { mirror, signal });
      progress.done(tool.name, `downloaded ${tool.version}`);
      return target;
    } catch (error) {
      signal.throwIfAborted();
      progress.done(tool.name, `no download: ${error instanceof Error ? error.message : 'failed'}`);
      return undefined;
    }
  });
}

async function buildOnce(tool: Tool, progress: Progress, signal: AbortSignal): Promise<string> {
  return once(tool, progress, signal, async (target) => {
    try {
      await build(tool, target, progress, signal);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      progress.done(tool.name, signal.aborted ? 'build stopped' : 'build failed');
      throw new Error(
        `${tool.name} ${tool.version}: ${reason}\nset ${tool.env} to a copy of that version to use it instead`,
        { cause: error },
      );
    }
    progress.done(tool.name, `built ${tool.version}`);
    return target;
  });
}

/** Under a lock per tool; whoever waited for it finds the file and has nothing left to do. */
async function once<T extends string | undefined>(
  tool: Tool,
  progress: Progress,
  signal: AbortSignal,
  make: (target: string) => Promise<T>,
): Promise<T | string> {
  const target = cachedPath(tool);
  const onWait = (pid: number): void => {
    progress.step(tool.name, `waiting for process ${pid}, which is getting it`, tool.build.usually);
  };
  return withLock(`${target}.lock`, { signal, onWait }, async () => {
    const cached = await fromCache(tool);
    if (cached === undefined) return make(target);
    progress.done(tool.name, `found ${tool.version}`);
    return cached;
  });
}
