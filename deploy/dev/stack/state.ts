import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { cacheRoot, nonEmpty } from '../toolchain/paths.ts';

/** The parts in the order in which they are started; they are stopped in the reverse one. */
export const PART_NAMES = [
  'etcd',
  'temporal',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
] as const;

/** One long-running program of the stack. */
export type PartName = (typeof PART_NAMES)[number];

const Process = z.object({
  pid: z.number().int().positive(),
  /** Tells this process from another one that got its pid later. */
  startId: z.string(),
  log: z.string(),
});

/** A started program: pid, start identity, log file. */
export type StackProcess = Readonly<z.infer<typeof Process>>;

const PORT_NAMES = ['etcd', 'etcdPeer', 'apiserver', 'temporal', 'temporalUi'] as const;

/** The names of the ports a stack listens on, all on 127.0.0.1. */
export type PortName = (typeof PORT_NAMES)[number];

const State = z.object({
  ports: z.partialRecord(z.enum(PORT_NAMES), z.number()),
  processes: z.partialRecord(z.enum(PART_NAMES), Process),
  tools: z.record(z.string(), z.string()),
  temporal: z.object({
    dynamicConfig: z.record(z.string(), z.string()),
    searchAttributes: z.record(z.string(), z.string()),
  }),
});

/** What `stack.json` holds: enough to find, stop, repair and restart the stack from another process. */
export type StackState = z.infer<typeof State>;

/** The stack folder: the given one, `SLUICE_STACK_DIR`, or the one in the cache. */
export function stackDir(given: string | undefined): string {
  const dir = given ?? nonEmpty(process.env['SLUICE_STACK_DIR']);
  return dir === undefined ? join(cacheRoot(), 'stack') : resolve(dir);
}

/** The state of a folder without a stack. */
export function emptyState(): StackState {
  return {
    ports: {},
    processes: {},
    tools: {},
    temporal: { dynamicConfig: {}, searchAttributes: {} },
  };
}

/** The recorded state; undefined if no stack was ever started there. */
export async function readState(dir: string): Promise<StackState | undefined> {
  let text: string;
  try {
    text = await readFile(join(dir, 'stack.json'), 'utf8');
  } catch {
    return undefined;
  }
  const parsed = State.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new Error(
      `${join(dir, 'stack.json')} is damaged; remove ${dir} after ending what runs from it`,
    );
  }
  return parsed.data;
}

/** Replaces the recorded state in one step, readable by the owner only. */
export async function writeState(dir: string, state: StackState): Promise<void> {
  await writePrivate(join(dir, 'stack.json'), `${JSON.stringify(state, undefined, 2)}\n`);
}

/** Writes a file that only the owner may read, complete or not at all. */
export async function writePrivate(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
