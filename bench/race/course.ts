import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  gitRepository,
  kustomization,
  testNamespace,
  type Manifest,
  type Row,
  type TestNamespace,
} from '../../test/support/cluster.ts';
import { testRepository, type TestRepository } from '../../test/support/repository.ts';
import { pause } from '../installation.ts';
import type { Running } from './contestants.ts';

/** Where a race is run: a namespace and a repository of a contestant, looked at from outside alone. */
export interface Course {
  readonly running: Running;
  readonly space: TestNamespace;
  readonly repository: TestRepository;
  /** Requests by verb that the bench has made to look on. */
  looks(): Readonly<Record<string, number>>;
  /** Commits and asks for the source at once by Flux's annotation, as a webhook receiver does; gives the commit. */
  push(files: Record<string, string>): Promise<string>;
  /** Creates Kustomizations, twenty at a time. */
  create(manifests: readonly Manifest[]): Promise<void>;
  /** Waits until all Kustomizations of the namespace are ready at the commit. */
  untilAllReady(commit: string): Promise<void>;
  /** Waits for an object to satisfy a condition, and looks every 50 ms. */
  untilSeen(kind: string, name: string, done: (row: Row | undefined) => boolean): Promise<void>;
  close(): Promise<void>;
}

const limitMs = 30 * 60_000;

/** Opens a course with a GitRepository `repo` that is ready at its first commit. */
export async function openCourse(running: Running, files: Record<string, string>): Promise<Course> {
  const space = await testNamespace(running.stack);
  const repository = await testRepository();
  const counts: Record<string, number> = { GET: 0, LIST: 0 };
  const count = (verb: string): void => {
    counts[verb] = (counts[verb] ?? 0) + 1;
  };
  await repository.commit(files);
  await space.apply(gitRepository('repo', repository.url, { interval: '10m' }));
  await space.untilReady('GitRepository', 'repo', 'True', limitMs);
  return {
    running,
    space,
    repository,
    looks: () => counts,
    async push(changed) {
      const commit = await repository.commit(changed);
      count('PATCH');
      await request(space, 'GitRepository', 'repo');
      return commit;
    },
    async create(manifests) {
      const queue = [...manifests];
      const work = async (): Promise<void> => {
        for (let next = queue.shift(); next; next = queue.shift()) await space.apply(next);
      };
      await Promise.all(Array.from({ length: 20 }, work));
    },
    untilAllReady: (commit) =>
      untilAllReady(space, commit, () => {
        count('LIST');
      }),
    async untilSeen(kind, name, done) {
      await until(`${kind}/${name}`, 50, async () => {
        count('GET');
        return done((await space.get(kind, name)) as Row | undefined);
      });
    },
    async close() {
      await removeAll(running, space.name);
      await repository.close();
      await space.close();
    },
  };
}

/** Asks for a reconcile by annotation; gives the value, which comes back in the status. */
export async function request(space: TestNamespace, kind: string, name: string): Promise<string> {
  const asked = new Date().toISOString();
  const annotations = { 'reconcile.fluxcd.io/requestedAt': asked };
  await space.patch(kind, name, { metadata: { annotations } });
  return asked;
}

/** A Kustomization of a directory, applied into the namespace of the race. */
export function member({ space }: Course, name: string, spec: object = {}): Manifest {
  const fields = { path: `./${name}`, targetNamespace: space.name, interval: '10m', ...spec };
  return kustomization(name, 'repo', fields);
}

async function untilAllReady(
  { cluster, name }: TestNamespace,
  commit: string,
  looked: () => void,
): Promise<void> {
  const path = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${name}/kustomizations`;
  await until('all Kustomizations', 250, async () => {
    looked();
    const { items } = await cluster.request<{ items: Partial<Row>[] }>({ method: 'GET', path });
    return items.every(({ status }) => {
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      return ready?.status === 'True' && status?.lastAppliedRevision?.endsWith(commit);
    });
  });
}

async function until(what: string, everyMs: number, done: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + limitMs; Date.now() < deadline;) {
    if (await done()) return;
    await pause(everyMs);
  }
  throw new Error(`${what} did not get there in ${limitMs / 60_000} minutes`);
}

async function removeAll({ stack }: Running, namespace: string): Promise<void> {
  const common = ['--kubeconfig', stack.kubeconfig, '-n', namespace, 'delete', '--timeout=30m'];
  const kubectl = promisify(execFile);
  for (const kinds of [
    'kustomizations.kustomize.toolkit.fluxcd.io',
    'gitrepositories.source.toolkit.fluxcd.io',
  ]) {
    await kubectl(stack.tools['kubectl'] ?? 'kubectl', [...common, kinds, '--all']);
  }
}
