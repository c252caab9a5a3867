import { posix } from 'node:path';
import { changedDirectories, traceparent } from '../../api/index.ts';
import { configReferences } from '../../activities/cluster/config-references.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { list, record, text } from '../../activities/cluster/untyped.ts';
import type { ObjectKey, Trigger } from '../../activities/contract.ts';

/** What of a custom resource decides whether its workflow has to look: nothing else in it is kept. */
export interface Sight {
  readonly kind: string;
  readonly key: ObjectKey;
  readonly uid: string;
  readonly generation: number;
  readonly observed: number;
  readonly requestedAt: string;
  readonly handledAt: string;
  /** Our own annotations, which change what a workflow does without a new generation. */
  readonly settings: string;
  readonly deleting: boolean;
  readonly suspended: boolean;
  readonly ready: boolean;
  /** The artifact of a source as revision and digest; empty where there is none. */
  readonly artifact: string;
  /** The revision of that artifact. */
  readonly artifactRevision: string;
  /** The trace in which it was made, as W3C writes it; empty where there is none. */
  readonly trace: string;
  /** The directories in which it differs from the artifact before; empty where that is not known. */
  readonly changed: readonly string[];
  /** spec.path of a Kustomization, without dots and slashes around it. */
  readonly path: string;
  readonly appliedRevision: string;
  readonly attemptedRevision: string;
  /** `Kind/namespace/name` of the source of a Kustomization. */
  readonly source: string;
  /** What a source includes: names of sources like the one above, each with its artifact that is part of this one's, empty where none is. */
  readonly includes: readonly { readonly name: string; readonly artifact: string }[];
  /** `namespace/name` of the Kustomizations that this one depends on. */
  readonly dependencies: readonly string[];
  /** Those of them that an expression judges, which may look at anything in them. */
  readonly judged: readonly string[];
  /** `Kind/namespace/name` of the ConfigMaps and Secrets that a Kustomization is built from or reaches its cluster with. */
  readonly configs: readonly string[];
  /** When a pass last ended with objects rendered; empty where none did. */
  readonly passedAt: string;
  /** Whether this shard has to do with it. */
  readonly ours: boolean;
}

/** Tells by its labels whether an object belongs to a shard. */
export type Belongs = (labels: Readonly<Record<string, string>>) => boolean;

/** Reads a sight from an object as the API server gives it; tolerates whatever bypassed the schema. */
export function sightOf(kind: string, object: KubeObject, belongs: Belongs = () => true): Sight {
  const { metadata } = object;
  const key = keyOf(metadata);
  const spec = record(object['spec']);
  const status = record(object['status']);
  const source = record(spec['sourceRef']);
  const dependencies = list(spec['dependsOn']);
  return {
    kind,
    key,
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    observed: Number(status['observedGeneration'] ?? -1),
    requestedAt: metadata.annotations?.['reconcile.fluxcd.io/requestedAt'] ?? '',
    handledAt: text(status['lastHandledReconcileAt']),
    settings: settingsOf(metadata.annotations),
    deleting: metadata.deletionTimestamp !== undefined,
    suspended: spec['suspend'] === true,
    ready: list(status['conditions']).some(
      (row) => row['type'] === 'Ready' && row['status'] === 'True',
    ),
    ...artifactOf(status),
    path: posix.join('/', text(spec['path'])).replace(/^\/|\/$/g, ''),
    appliedRevision: text(status['lastAppliedRevision']),
    attemptedRevision: text(status['lastAttemptedRevision']),
    source: sourceName(source, key.namespace),
    includes: includesOf(spec, status, key.namespace),
    dependencies: dependencies.map((row) => nameIn(row, key.namespace)),
    judged: dependencies
      .filter((row) => text(row['readyExpr']) !== '')
      .map((row) => nameIn(row, key.namespace)),
    configs: configReferences(spec).map((ref) => `${ref.kind}/${key.namespace}/${ref.name}`),
    passedAt: text(list(status['history'])[0]?.['lastReconciled']),
    ours: belongs(metadata.labels ?? {}),
  };
}

/** `Kind/namespace/name` of what was sighted. */
export function nameOf({ kind, key }: Pick<Sight, 'kind' | 'key'>): string {
  return `${kind}/${key.namespace}/${key.name}`;
}

/** The same of an object as it is watched; lists leave the kind out of it. */
export function nameOfObject(kind: string, { metadata }: KubeObject): string {
  return nameOf({ kind, key: keyOf(metadata) });
}

function keyOf({ namespace = '', name }: KubeObject['metadata']): ObjectKey {
  return { namespace, name };
}

/** Why the workflow of an object has to look after its object changed from `before` to `now`; nothing where it need not. */
export function ownTrigger(before: Sight | undefined, now: Sight): Trigger | undefined {
  if (before?.uid !== now.uid || (now.ours && !before.ours)) return 'start';
  if (now.deleting && !before.deleting) return 'delete';
  if (now.generation !== before.generation || now.settings !== before.settings) return 'spec';
  return now.requestedAt !== before.requestedAt ? 'request' : undefined;
}

/** True when others that wait for this object have to look: a source has a new artifact, or a Kustomization turned ready at a revision. */
export function wakesDependants(before: Sight | undefined, now: Sight): boolean {
  if (now.kind !== 'Kustomization') return now.artifact !== '' && now.artifact !== before?.artifact;
  if (!now.ready || now.observed !== now.generation) return false;
  return (
    before === undefined ||
    !before.ready ||
    before.observed !== now.observed ||
    before.appliedRevision !== now.appliedRevision
  );
}

/** The dependants of a source whose own path its new artifact touched; nothing where the artifact does not tell. */
export function touchedBy(source: Sight, dependants: readonly Sight[]): Sight[] | undefined {
  if (source.changed.length === 0) return undefined;
  return dependants.filter(({ path }) =>
    source.changed.some((at) => path === '' || at === path || at.startsWith(`${path}/`)),
  );
}

/** True when a source was made with another artifact of an included one than there is now. */
export function isIncludedAnew({ includes }: Sight, source: Sight): boolean {
  return includes.some(
    ({ name, artifact }) => name === nameOf(source) && artifact !== source.artifact,
  );
}

/** True when the status of an object shows work left to do; decides whom a starting bridge signals. */
export function isBehind(now: Sight, sourceRevision: string | undefined): boolean {
  if (now.deleting || now.observed !== now.generation) return true;
  if (now.requestedAt !== '' && now.requestedAt !== now.handledAt) return true;
  return sourceRevision !== undefined && sourceRevision !== now.attemptedRevision;
}

function artifactOf(
  status: Record<string, unknown>,
): Pick<Sight, 'artifact' | 'artifactRevision' | 'trace' | 'changed'> {
  const { revision, metadata: told } = record(status['artifact']);
  const metadata = record(told);
  const artifact = identityOf(status['artifact']);
  const trace = text(metadata[traceparent]);
  return { artifact, artifactRevision: text(revision), trace, changed: changedIn(metadata) };
}

/** Revision and digest of an artifact; empty where there is none. */
function identityOf(artifact: unknown): string {
  const { revision, digest } = record(artifact);
  return text(revision) === '' ? '' : `${text(revision)} ${text(digest)}`;
}

function includesOf(
  spec: Record<string, unknown>,
  status: Record<string, unknown>,
  namespace: string,
): Sight['includes'] {
  const artifacts = list(status['includedArtifacts']);
  return list(spec['include']).map((row, at) => ({
    name: `GitRepository/${namespace}/${text(record(row['repository'])['name'])}`,
    artifact: identityOf(artifacts[at]),
  }));
}

function changedIn(metadata: Record<string, unknown>): string[] {
  const told = text(metadata[changedDirectories]);
  try {
    const directories: unknown = JSON.parse(told || '[]');
    return Array.isArray(directories) ? directories.filter((at) => typeof at === 'string') : [];
  } catch {
    return [];
  }
}

function settingsOf(annotations: Record<string, string> = {}): string {
  const own = Object.entries(annotations).filter(([name]) => name.startsWith('sluice.dev/'));
  return own
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('\n');
}

function nameIn(row: Record<string, unknown>, ownNamespace: string): string {
  return `${text(row['namespace']) || ownNamespace}/${text(row['name'])}`;
}

function sourceName(source: Record<string, unknown>, ownNamespace: string): string {
  if (text(source['name']) === '') return '';
  return `${text(source['kind'])}/${text(source['namespace']) || ownNamespace}/${text(source['name'])}`;
}
