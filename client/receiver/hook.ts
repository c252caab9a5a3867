import { createHash } from 'node:crypto';
import type { Receiver } from '../../api/index.ts';
import type { ObjectKey } from '../../activities/contract.ts';
import type { Expressions } from './expressions.ts';

/** What stands behind a path: a Receiver as it was last compared with its Secret. */
export interface Hook {
  readonly key: ObjectKey;
  readonly path: string;
  /** When the Receiver was made; where two have one path, the older one has it. */
  readonly createdAt: string;
  /** Absent where requests are refused for now. */
  readonly open: OpenHook | undefined;
}

/** What is needed to verify a request and to act on it. */
export interface OpenHook {
  readonly spec: Receiver['spec'];
  /** The values of its Secret; they stay in this process. */
  readonly secret: Readonly<Record<string, string>>;
  readonly expressions: Expressions;
  /** Wakes only the repositories that a push speaks of. */
  readonly matchesUrl: boolean;
}

/** `/hook/` and the SHA-256 of token, name and namespace, as Flux makes it; the token is empty where the type has none. */
export function webhookPath(token: string, { name, namespace }: ObjectKey): string {
  return `/hook/${createHash('sha256').update(`${token}${name}${namespace}`).digest('hex')}`;
}

/** The hooks by their paths and by their Receivers. */
export interface Directory {
  put(hook: Hook): void;
  remove(key: ObjectKey): void;
  find(path: string): Hook | undefined;
}

/** An empty directory. It compares digests of paths, so that the time of a look-up tells nothing of the paths that there are. */
export function createDirectory(): Directory {
  const paths = new Map<string, Hook[]>();
  const owners = new Map<string, string>();
  const remove = (key: ObjectKey): void => {
    const owner = nameOf(key);
    const digest = owners.get(owner);
    if (digest === undefined) return;
    owners.delete(owner);
    const left = (paths.get(digest) ?? []).filter((hook) => nameOf(hook.key) !== owner);
    if (left.length > 0) paths.set(digest, left);
    else paths.delete(digest);
  };
  return {
    remove,
    put(hook) {
      remove(hook.key);
      const digest = digestOf(hook.path);
      owners.set(nameOf(hook.key), digest);
      const all = [...(paths.get(digest) ?? []), hook];
      paths.set(
        digest,
        all.sort((a, b) => a.createdAt.localeCompare(b.createdAt)),
      );
    },
    find: (path) => paths.get(digestOf(path))?.[0],
  };
}

/** `namespace/name` of a Receiver. */
export function nameOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

function digestOf(path: string): string {
  return createHash('sha256').update(path).digest('base64');
}
