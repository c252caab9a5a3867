import { mkdir } from 'node:fs/promises';
import { interruptible } from '../interrupt.ts';
import { withLock } from '../lock.ts';
import { isAlive } from '../process-identity.ts';
import { type Progress, withProgress } from '../progress.ts';
import { resolveTools } from '../toolchain/resolve.ts';
import { prepareCredentials, credentialPaths } from './credentials.ts';
import { PARTS, portOf } from './parts.ts';
import { assignPorts } from './ports.ts';
import { Session } from './session.ts';
import {
  emptyState,
  type PartName,
  PART_NAMES,
  type PortName,
  readState,
  stackDir,
  type StackState,
} from './state.ts';
import { removeStackFiles } from './stop.ts';
import type { Stack, StackOptions } from './types.ts';
import { ownParts, type UserServers, userServers } from './user-servers.ts';

/** Brings the stack up and waits until it can be used. A stack that is up is returned as it is; of a half-dead one the missing parts are started again, with the same data. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const dir = stackDir(options.dir);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return withProgress(options.progress, (progress) =>
    interruptible(options.signal, (signal) => {
      const onWait = (pid: number): void => {
        progress.note('stack', `waiting for process ${pid}, which works on it`);
      };
      return withLock(`${dir}.lock`, { signal, onWait }, () =>
        startLocked(dir, options, progress, signal),
      );
    }),
  );
}

async function startLocked(
  dir: string,
  options: StackOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Stack> {
  const recorded = await readState(dir);
  const state = recorded ?? emptyState();
  const user =
    options.respectEnvironment === false
      ? { kubeconfig: undefined, temporalAddress: undefined }
      : userServers(dir, state);
  const names = ownParts(user);
  const session = new Session(dir, state, progress);
  try {
    const wanted = [
      ...names.map((name) => PARTS[name].tool),
      'kubectl',
      'kustomize',
      'sops',
    ] as const;
    Object.assign(state.tools, await resolveTools(wanted, progress, signal));
    takeTemporalOptions(state, options);
    await prepare(session, names);
    await session.bringUp(names, signal);
  } catch (error) {
    await session.takeBack();
    // An interrupted first start leaves no trace; after a failure the logs are needed.
    if (signal.aborted && recorded === undefined) await removeStackFiles(dir);
    throw error;
  }
  return describe(dir, state, user);
}

function takeTemporalOptions(state: StackState, { temporal }: StackOptions): void {
  if (temporal?.dynamicConfig !== undefined) {
    state.temporal.dynamicConfig = { ...temporal.dynamicConfig };
  }
  if (temporal?.searchAttributes !== undefined) {
    state.temporal.searchAttributes = { ...temporal.searchAttributes };
  }
}

/** Assigns the ports and writes the files that the parts read at their start. */
async function prepare(session: Session, names: readonly PartName[]): Promise<void> {
  const { dir, state } = session;
  const before = { ...state.ports };
  const alive = await aliveParts(state);
  const ownerOf = (port: PortName): PartName | undefined =>
    PART_NAMES.find((name) => PARTS[name].ports.includes(port));
  const portNames = names.flatMap((name) => PARTS[name].ports);
  state.ports = await assignPorts(portNames, before, (port) => {
    const owner = ownerOf(port);
    return owner !== undefined && alive.has(owner);
  });
  await session.save();
  const moved = new Set(portNames.filter((p) => state.ports[p] !== before[p]).map(ownerOf));
  // A part that still runs would go on talking to the old port of one that had to move.
  for (const name of names) {
    if (alive.has(name) && PARTS[name].after.some((needed) => moved.has(needed))) {
      await session.stop(name);
    }
  }
  if (names.includes('kube-apiserver')) await prepareCredentials(dir, portOf(state, 'apiserver'));
}

async function aliveParts(state: StackState): Promise<Set<PartName>> {
  const alive = new Set<PartName>();
  for (const name of PART_NAMES) {
    const process = state.processes[name];
    if (process !== undefined && (await isAlive(process))) alive.add(name);
  }
  return alive;
}

function describe(dir: string, state: StackState, user: UserServers): Stack {
  const own = new Set(ownParts(user));
  const ownTemporal = user.temporalAddress === undefined;
  return {
    dir,
    kubeconfig: user.kubeconfig ?? credentialPaths(dir).kubeconfig,
    temporalAddress: user.temporalAddress ?? `127.0.0.1:${portOf(state, 'temporal')}`,
    temporalUiUrl: ownTemporal ? `http://127.0.0.1:${portOf(state, 'temporalUi')}` : undefined,
    tools: { ...state.tools },
    processes: Object.fromEntries(
      PART_NAMES.flatMap((name) => {
        const process = state.processes[name];
        return process !== undefined && own.has(name) ? [[name, process]] : [];
      }),
    ),
  };
}
