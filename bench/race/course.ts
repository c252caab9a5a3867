import { setTimeout as sleep } from 'node:timers/promises';
import {
  gitRepository,
  kustomization,
  testNamespace,
  type Manifest,
  type Row,
  type TestNamespace,
} from '../../test/support/cluster.ts';
import { testRepository, type TestRepository } from '../../test/support/repository.ts';
import type { Racing, Running } from './contestants.ts';
import { openView, type View } from './view.ts';

/** Where a race is run: a namespace and a repository of a contestant, looked at from outside alone. */
export interface Course {
  readonly running: Running;
  readonly space: TestNamespace;
  readonly repository: TestRepository;
  /** Requests by verb that the bench itself has made. */
  readonly looks: Readonly<Record<string, number>>;
  /** Notes a request that the bench makes besides the methods here. */
  count(verb: string): void;
  /** All Kustomizations of the course. */
  readonly kustomizations: View;
  /** Opens a view of the objects of a kind, or of one of them. */
  follow(kind: string, only?: string): Promise<View>;
  /** Has the source looked at now by Flux's annotation, as a webhook receiver does. */
  tell(): Promise<void>;
  /** Has a Kustomization reconciled by the annotation; gives the value, which comes back in the status. */
  request(name: string): Promise<string>;
  /** Creates Kustomizations, twenty at a time. */
  create(manifests: readonly Manifest[]): Promise<void>;
  /** Waits until each of the Kustomizations was ready at the commit; raises TooLate. */
  untilReady(names: readonly string[], commit: string, limitSeconds: number): Promise<void>;
  /** Waits, and raises an Error where the bench is interrupted meanwhile. */
  pause(ms: number): Promise<void>;
}

/** Runs a race on a GitRepository `repo` that is ready at its first commit. Deletes everything afterwards and waits until it is gone, unless the race was the last one or failed. */
export async function onCourse(
  running: Racing,
  files: Record<string, string>,
  race: (course: Course, commit: string) => Promise<void>,
): Promise<void> {
  const space = await testNamespace(running.stack);
  const repository = await testRepository();
  const views: View[] = [];
  const close = (): void => {
    for (const view of views) view.close();
  };
  running.signal.addEventListener('abort', close, { once: true });
  try {
    running.signal.throwIfAborted();
    const commit = await repository.commit(files);
    await space.apply(gitRepository('repo', repository.url, { interval: '10m' }));
    const course = await createCourse(running, { space, repository, views });
    const sources = await course.follow('GitRepository');
    await sources.until('repo', (row) => isReady(row), startSeconds);
    await race(course, commit);
    if (!running.isLast && !running.hasEnded()) await removeAll(course, sources);
  } finally {
    running.signal.removeEventListener('abort', close);
    close();
    await repository.close();
    await space.close();
  }
}

/** A Kustomization of a directory, applied into the namespace of the race. */
export function member({ space }: Course, name: string, spec: object = {}): Manifest {
  const fields = { path: `./${name}`, targetNamespace: space.name, interval: '10m', ...spec };
  return kustomization(name, 'repo', fields);
}

/** Whether a Kustomization is ready at a commit. */
export function isReadyAt(row: Row | undefined, commit: string): boolean {
  return isReady(row) && (row?.status.lastAppliedRevision?.endsWith(commit) ?? false);
}

const startSeconds = 300;
const removalSeconds = 900;

async function createCourse(
  running: Running,
  parts: { space: TestNamespace; repository: TestRepository; views: View[] },
): Promise<Course> {
  const { space, repository, views } = parts;
  const looks: Record<string, number> = {};
  const count = (verb: string): void => {
    looks[verb] = (looks[verb] ?? 0) + 1;
  };
  const follow: Course['follow'] = async (kind, only) => {
    const apiVersion = apiVersions[kind] ?? 'v1';
    const path = await space.cluster.path({ apiVersion, kind, namespace: space.name, name: '' });
    const view = await openView(space.cluster, { path, only }, () => {
      count('LIST');
    });
    views.push(view);
    return view;
  };
  const annotate = async (kind: string, name: string): Promise<string> => {
    const asked = new Date().toISOString();
    const annotations = { 'reconcile.fluxcd.io/requestedAt': asked };
    count('PATCH');
    await space.patch(kind, name, { metadata: { annotations } });
    return asked;
  };
  const kustomizations = await follow('Kustomization');
  return {
    running,
    space,
    repository,
    looks,
    count,
    kustomizations,
    follow,
    async tell() {
      await annotate('GitRepository', 'repo');
    },
    request: (name) => annotate('Kustomization', name),
    create: (manifests) =>
      twentyAtATime(manifests, async (manifest) => {
        count('APPLY');
        await space.apply(manifest);
      }),
    async untilReady(names, commit, limitSeconds) {
      const isThere = (row: Row | undefined): boolean => isReadyAt(row, commit);
      await Promise.all(names.map((name) => kustomizations.until(name, isThere, limitSeconds)));
    },
    async pause(ms) {
      await sleep(ms, undefined, { signal: running.signal });
    },
  };
}

const apiVersions: Readonly<Record<string, string>> = {
  GitRepository: 'source.toolkit.fluxcd.io/v1',
  Kustomization: 'kustomize.toolkit.fluxcd.io/v1',
  Deployment: 'apps/v1',
  Ingress: 'networking.k8s.io/v1',
};

function isReady(row: Row | undefined): boolean {
  const ready = row?.status.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True';
}

async function removeAll(course: Course, sources: View): Promise<void> {
  const remove = async (kind: string, view: View): Promise<void> => {
    const names = view.names();
    await twentyAtATime(names, (name) => course.space.remove(kind, name));
    const isGone = (row: Row | undefined): boolean => row === undefined;
    await Promise.all(names.map((name) => view.until(name, isGone, removalSeconds)));
  };
  await remove('Kustomization', course.kustomizations);
  await remove('GitRepository', sources);
}

async function twentyAtATime<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}
