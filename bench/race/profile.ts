import { z } from 'zod';

/** A CPU profile as V8 writes it: nodes of a call tree, and which of them was found at each sample; times in microseconds. */
export const CpuProfile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
      children: z.array(z.number()).optional(),
    }),
  ),
  startTime: z.number(),
  endTime: z.number(),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});
export type CpuProfile = z.infer<typeof CpuProfile>;

/** From when to when samples count, on the clock of the profile. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Where the time of one thread went, in seconds: by package or directory, and by function. */
export interface SelfTimes {
  readonly places: Record<string, number>;
  readonly functions: Record<string, number>;
}

/** Places that no code is at. */
export const idle = '(idle)';
const collector = 'garbage collection';
const native = 'native, outside of JavaScript';
const sandbox = 'workflow sandbox';

/** Sums the self time of a profile within a window. Functions of native code count where they were called from. */
export function selfTimes(profile: CpuProfile, root: string, window: Window): SelfTimes {
  const frames = framesOf(profile, root);
  const places: Record<string, number> = {};
  const functions: Record<string, number> = {};
  let at = profile.startTime + (profile.timeDeltas[0] ?? 0);
  for (const [index, sample] of profile.samples.entries()) {
    const next = at + (profile.timeDeltas[index + 1] ?? profile.endTime - at);
    const seconds = Math.max(0, Math.min(next, window.to) - Math.max(at, window.from)) / 1e6;
    at = next;
    const frame = frames.get(sample);
    if (frame === undefined || seconds === 0) continue;
    places[frame.place] = (places[frame.place] ?? 0) + seconds;
    functions[frame.title] = (functions[frame.title] ?? 0) + seconds;
  }
  return { places, functions };
}

/** What a thread is, by the code that ran in it at any time: the main one, the one of the workflows, the one that loads TypeScript. */
export function threadOf({ nodes }: CpuProfile, root: string, thread: number): string {
  if (thread === 0) return 'main';
  const places = new Set(nodes.map(({ callFrame }) => placeOf(callFrame.url, root)));
  if (places.has(sandbox)) return 'workflows';
  return places.has('tsx') ? 'loader' : `thread ${thread}`;
}

/** The package, directory of ours or module of Node that a script belongs to; undefined for native code. */
export function placeOf(url: string, root: string): string | undefined {
  if (url === '') return undefined;
  // The SDK calls into a sandbox by a script without a name.
  if (/workflow-bundle-[^/]*\.js|^evalmachine/.test(url)) return sandbox;
  if (url.startsWith('wasm:')) return 'WebAssembly';
  const path = url.replace(/^file:\/\//, '').replace(/[?#].*$/, '');
  const [, name] = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  if (name !== undefined) return name;
  if (path.startsWith('node:')) return nodeModuleOf(path);
  const base = root.endsWith('/') ? root : `${root}/`;
  if (!path.startsWith(base)) return path;
  const directory = path.slice(base.length).replace(/\/?[^/]*$/, '');
  return directory === '' ? './' : `${directory}/`;
}

interface Frame {
  readonly place: string;
  readonly title: string;
}

const special: Readonly<Record<string, string>> = {
  '(idle)': idle,
  '(garbage collector)': collector,
  '(program)': native,
  '(root)': native,
};

function framesOf({ nodes }: CpuProfile, root: string): Map<number, Frame> {
  const parents = new Map(nodes.flatMap((one) => (one.children ?? []).map((id) => [id, one.id])));
  const frames = new Map<number, Frame>();
  // A parent stands before its children.
  for (const { id, callFrame } of nodes) {
    const { functionName, url, lineNumber } = callFrame;
    const above = frames.get(parents.get(id) ?? -1)?.place;
    const place = special[functionName] ?? placeOf(url, root) ?? above ?? native;
    const file = url
      .replace(/[?#].*$/, '')
      .split('/')
      .slice(-2)
      .join('/');
    const where = url === '' ? place : `${file}:${lineNumber + 1}`;
    const name = functionName === '' ? '(anonymous)' : functionName;
    frames.set(id, { place, title: special[functionName] ?? `${name}, ${where}` });
  }
  return frames;
}

/** `node:internal/streams/readable` is node:stream, `node:_http_client` is node:http. */
function nodeModuleOf(path: string): string {
  const inside = path
    .slice('node:'.length)
    .replace(/^internal\//, '')
    .replace(/^deps\//, '');
  const [first = ''] = inside.replace(/^_/, '').split('/');
  const [, family = first] = /^(http|tls|stream)(?:s$|_)/.exec(first) ?? [];
  return `node:${family}`;
}
