import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from './cluster.ts';

/** A Receiver of pushes to the source `repo`, with the Secret `hook`, as far as its spec does not say otherwise. */
export function receiverOf(name: string, spec: object, annotations: object): Manifest {
  return {
    apiVersion: 'notification.toolkit.fluxcd.io/v1',
    kind: 'Receiver',
    metadata: { name, annotations },
    spec: {
      type: 'github',
      events: ['ping', 'push'],
      secretRef: { name: 'hook' },
      resources: [{ kind: 'GitRepository', name: 'repo' }],
      ...spec,
    },
  };
}

/** Posts to a path of a bridge, and gives the status of the answer. */
export type Post = (
  path: string,
  headers?: Record<string, string>,
  body?: string,
) => Promise<number>;

/** Where the bridge takes webhooks whose log is in this directory. */
export async function openWebhooks(serviceDir: string): Promise<Post> {
  const port = await receiverPortIn(join(serviceDir, 'bridge.log'));
  return async (path, headers = {}, body = '{}') => {
    const url = `http://127.0.0.1:${port}${path}`;
    const answer = await fetch(url, { method: 'POST', headers, body });
    await answer.text();
    return answer.status;
  };
}

/** The port on which a bridge takes webhooks, by its log; of several starts in one log the last. */
export async function receiverPortIn(log: string): Promise<number> {
  const starts = [...(await readFile(log, 'utf8')).matchAll(/"receiverPort":(\d+)/g)];
  return Number(starts.at(-1)?.[1] ?? 0);
}

/** The path of a Receiver as Flux's document computes it. */
export function pathFor(token: string, name: string, namespace: string): string {
  return `/hook/${createHash('sha256').update(`${token}${name}${namespace}`).digest('hex')}`;
}
