import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { filesHolding } from '../support/files.ts';
import { encryptedSecret } from '../support/sops.ts';
import type { Installation } from './sites.ts';
import type { World } from './world.ts';

/**
 * Where the canary was found that only Secrets may hold: in a log, in Temporal's database, or in a status or an event of a world. The
 * worker's private caches and etcd are where Secrets are kept and are not looked at.
 */
export async function leaks(
  { dir, canary }: Installation,
  worlds: readonly World[],
): Promise<string[]> {
  const words = [canary, Buffer.from(canary).toString('base64')];
  const isKept = /\/(etcd|credentials|worker-cache)(\/|$)/;
  const files: string[] = [];
  for (const entry of await readdir(dir)) {
    files.push(...(await filesHolding(join(dir, entry), words, isKept)));
  }
  const found = files.map((file) => `the canary is in ${file}`);
  for (const { space } of worlds) {
    for (const path of seenPaths(space.name)) {
      const answer = await space.cluster.request({ method: 'GET', path });
      const text = JSON.stringify(answer);
      if (words.some((word) => text.includes(word))) found.push(`the canary is in ${path}`);
    }
  }
  return found;
}

/** The texts of the encrypted Secrets that Kustomizations may hold, by the names of the Secrets. */
export async function lockedSecrets(canary: string): Promise<Map<string, string>> {
  const names = Array.from({ length: 4 }, (_, at) => `k${at}-locked`);
  const texts = names.map(async (name): Promise<[string, string]> => {
    return [name, await encryptedSecret(name, { token: canary })];
  });
  return new Map(await Promise.all(texts));
}

function seenPaths(namespace: string): string[] {
  return [
    `/api/v1/namespaces/${namespace}/events`,
    `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${namespace}/kustomizations`,
    `/apis/source.toolkit.fluxcd.io/v1/namespaces/${namespace}/gitrepositories`,
    `/apis/notification.toolkit.fluxcd.io/v1/namespaces/${namespace}/receivers`,
  ];
}
