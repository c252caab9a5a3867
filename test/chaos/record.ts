import type { Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import type { Plan } from './plan.ts';

/** What was seen of a namespace, in the order of the API server's own versions. */
export interface Record {
  readonly objects: readonly { name: string; serial: number; version: number }[];
  /** Moments in which a Kustomization said that it is ready at a revision. */
  readonly ready: readonly { name: string; revision: string; version: number }[];
}

/** The result of a check. */
export interface Verdict {
  readonly checks: number;
  readonly violations: readonly string[];
}

/** Watches the objects and the Kustomizations of a namespace until it is stopped. */
export function startRecord(
  cluster: Cluster,
  namespace: string,
): { record: Record; faults: string[]; stop: () => void } {
  const end = new AbortController();
  const record = {
    objects: [] as Record['objects'][number][],
    ready: [] as Record['ready'][number][],
  };
  const faults: string[] = [];
  const follow = async (path: string, see: (object: KubeObject) => void): Promise<void> => {
    try {
      const query = { resourceVersion: '0' };
      for await (const { type, object } of cluster.watch(path, query, end.signal)) {
        if (type === 'ADDED' || type === 'MODIFIED') see(object);
      }
      if (!end.signal.aborted) faults.push(`the watch of ${path} ended`);
    } catch (error) {
      if (!end.signal.aborted) faults.push(String(error));
    }
  };
  void follow(`/api/v1/namespaces/${namespace}/configmaps`, (object) => {
    const { serial } = (object['data'] ?? {}) as { serial?: string };
    if (serial === undefined) return;
    const { name, resourceVersion } = object.metadata;
    record.objects.push({ name, serial: Number(serial), version: Number(resourceVersion) });
  });
  const group = 'kustomize.toolkit.fluxcd.io/v1';
  void follow(`/apis/${group}/namespaces/${namespace}/kustomizations`, (object) => {
    const status = (object['status'] ?? {}) as {
      conditions?: { type: string; status: string }[];
      lastAppliedRevision?: string;
    };
    const isReady = status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True');
    if (!isReady || status.lastAppliedRevision === undefined) return;
    const { name, resourceVersion } = object.metadata;
    const revision = status.lastAppliedRevision;
    record.ready.push({ name, revision, version: Number(resourceVersion) });
  });
  return {
    record,
    faults,
    stop: () => {
      end.abort();
    },
  };
}

/**
 * Checks that no object was written before each dependency of its Kustomization had been ready: on the same source at a revision that
 * holds this very object, on another one at any.
 */
export function judge(
  { members }: Plan,
  { objects, ready }: Record,
  /** The revisions of each source by what they hold: `<member>/<serial>`. */
  revisions: ReadonlyMap<string, ReadonlySet<string>>,
): Verdict {
  let checks = 0;
  const violations: string[] = [];
  for (const { name, serial, version } of objects) {
    const member = members.find((one) => one.name === name);
    for (const dependency of member?.dependsOn ?? []) {
      const other = members.find((one) => one.name === dependency);
      const holding = revisions.get(`${name}/${serial}`);
      const same = other?.source === member?.source;
      const found = ready.some(
        (moment) =>
          moment.name === dependency &&
          moment.version < version &&
          (!same || holding?.has(moment.revision)),
      );
      checks++;
      if (!found)
        violations.push(`${name} of commit ${serial} was written before ${dependency} was ready`);
    }
  }
  return { checks, violations };
}
