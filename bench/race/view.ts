import type { Cluster } from '../../activities/cluster/client.ts';
import type { Row } from '../../test/support/cluster.ts';
import { pause } from '../installation.ts';

/** Something did not come about within its limit. */
export class TooLate extends Error {
  readonly limitSeconds: number;

  constructor(what: string, limitSeconds: number) {
    super(`${what} did not get there in ${limitSeconds} s`);
    this.limitSeconds = limitSeconds;
  }
}

/** Objects of one kind as a watch shows them, so that looking on costs the API server one message a change. */
export interface View {
  /** Resolves when an object satisfies a condition, at once if it does already; raises TooLate. */
  until(
    name: string,
    satisfied: (row: Row | undefined) => boolean,
    limitSeconds: number,
  ): Promise<void>;
  /** Names of the objects that are there. */
  names(): string[];
  /** Ends the watch; who still waits gets an Error. */
  close(): void;
}

/** Opens a view of the objects at a collection path, or of one of them; resolves when it has been listed. `listed` is told of each list. */
export async function openView(
  cluster: Cluster,
  { path, only }: { readonly path: string; readonly only?: string | undefined },
  listed: () => void,
): Promise<View> {
  const query: Record<string, string> = only ? { fieldSelector: `metadata.name=${only}` } : {};
  const rows = new Map<string, Row>();
  const waiting = new Map<string, Set<Waiter>>();
  const stop = new AbortController();
  const see = (name: string, row: Row | undefined): void => {
    if (row) rows.set(name, row);
    else rows.delete(name);
    for (const waiter of waiting.get(name) ?? []) if (waiter.satisfied(row)) waiter.end();
  };
  const list = async (): Promise<string> => {
    listed();
    const found = await cluster.request<{
      metadata: { resourceVersion: string };
      items: Row[];
    }>({ method: 'GET', path, query, signal: stop.signal });
    const names = new Set(found.items.map(({ metadata }) => metadata.name));
    for (const row of found.items) see(row.metadata.name, whole(row));
    for (const name of rows.keys()) if (!names.has(name)) see(name, undefined);
    return found.metadata.resourceVersion;
  };
  const follow = async (from: string): Promise<void> => {
    const events = cluster.watch(path, { ...query, resourceVersion: from }, stop.signal);
    for await (const { type, object } of events) {
      if (type === 'ERROR') return;
      see(object.metadata.name, type === 'DELETED' ? undefined : whole(object));
    }
  };
  const first = await list();
  void keepFollowing(first, { list, follow, signal: stop.signal });
  return {
    names: () => [...rows.keys()],
    async until(name, satisfied, limitSeconds) {
      if (stop.signal.aborted) throw new Error('the view was closed');
      if (satisfied(rows.get(name))) return;
      const set = waiting.get(name) ?? new Set();
      waiting.set(name, set);
      await wait(set, satisfied, { what: name, limitSeconds });
    },
    close() {
      stop.abort();
      const ended = new Error('the view was closed');
      for (const waiter of [...waiting.values()].flatMap((set) => [...set])) waiter.end(ended);
    },
  };
}

interface Waiter {
  readonly satisfied: (row: Row | undefined) => boolean;
  readonly end: (error?: Error) => void;
}

function whole(row: object): Row {
  return { spec: {}, status: {}, ...row } as Row;
}

/** The API server ends watches now and then; after that, and after any failure, all is listed again. */
async function keepFollowing(
  from: string,
  {
    list,
    follow,
    signal,
  }: {
    readonly list: () => Promise<string>;
    readonly follow: (from: string) => Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  let version: string | undefined = from;
  while (!signal.aborted) {
    try {
      await follow(version ?? (await list()));
    } catch {
      await pause(500);
    }
    version = undefined;
  }
}

function wait(
  set: Set<Waiter>,
  satisfied: Waiter['satisfied'],
  { what, limitSeconds }: { readonly what: string; readonly limitSeconds: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const waiter: Waiter = {
      satisfied,
      end(error) {
        clearTimeout(timer);
        set.delete(waiter);
        if (error) reject(error);
        else resolve();
      },
    };
    const timer = setTimeout(() => {
      waiter.end(new TooLate(what, limitSeconds));
    }, limitSeconds * 1000);
    set.add(waiter);
  });
}
