import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Progress } from '../progress.ts';
import { buildEnvironment } from './environment.ts';
import { fromDebian } from './debian.ts';
import { modulePath } from './paths.ts';
import type { Build } from './release.ts';
import type { Tool } from './tools.ts';

const MAX_PARALLEL = 2;
const KEPT_OUTPUT = 4_000;

let running = 0;
const waiting: (() => void)[] = [];

/** Builds a tool from its pinned Go module to `target`, or takes it out of its package; at most two builds run at once, the others wait in the order they came. */
export async function build(
  tool: Tool,
  target: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  await enter(() => {
    progress.step(tool.name, 'waiting for another build');
  });
  try {
    signal?.throwIfAborted();
    if ('debian' in tool.build) {
      progress.step(tool.name, `fetching Debian's package ${tool.build.debian}`);
      await fromDebian(tool.build, target, signal);
    } else {
      progress.step(tool.name, `building ${tool.version} from source`, tool.build.usually);
      await goBuild({ ...tool, build: tool.build }, target, signal);
    }
  } finally {
    leave();
  }
}

async function enter(onWait: () => void): Promise<void> {
  if (running < MAX_PARALLEL) {
    running += 1;
    return;
  }
  onWait();
  // The place is handed over by leave(), so the count stays as it is.
  await new Promise<void>((resolve) => waiting.push(resolve));
}

function leave(): void {
  const next = waiting.shift();
  if (next === undefined) running -= 1;
  else next();
}

/** Built in a copy, because -mod=mod may write to go.mod and the repository must stay clean. */
async function goBuild(
  tool: Tool & { readonly build: Build },
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const source = await mkdtemp(join(tmpdir(), `sluice-build-${tool.name}-`));
  const temporary = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await cp(modulePath(tool.build.module), source, { recursive: true });
    await mkdir(dirname(target), { recursive: true });
    await runGo(
      [
        'build',
        '-mod=mod',
        '-buildvcs=false',
        '-trimpath',
        `-ldflags=${`-s -w ${tool.build.ldflags}`.trim()}`,
        '-o',
        temporary,
        tool.build.package,
      ],
      source,
      signal,
    );
    await rename(temporary, target);
  } finally {
    await Promise.all([
      rm(source, { recursive: true, force: true }),
      rm(temporary, { force: true }),
    ]);
  }
}

/** In its own process group, so that an interrupt ends the compilers that go started as well. */
async function runGo(args: string[], cwd: string, signal?: AbortSignal): Promise<void> {
  const child = spawn('go', args, {
    cwd,
    env: buildEnvironment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const onAbort = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      child.on('error', (error) => {
        reject(new Error(goMissing(error), { cause: error }));
      });
      child.on('close', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`go build failed (exit ${code ?? 'by signal'}):\n${output.trim()}`));
      });
    });
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
  signal?.throwIfAborted();
}

function goMissing(error: Error): string {
  return 'code' in error && error.code === 'ENOENT'
    ? 'cannot build it either, because there is no "go" on PATH (https://go.dev/dl)'
    : `go cannot be started: ${error.message}`;
}
