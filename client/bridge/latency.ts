import { Histogram, type Registry } from 'prom-client';
import { committedAt } from '../../api/index.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { record, text } from '../../activities/cluster/untyped.ts';
import { nameOfObject, sightOf } from './state.ts';

/** Measures how old revisions are when Kustomizations have applied them. */
export interface Latency {
  put(kind: string, object: KubeObject): void;
  /** The object of this name, `Kind/namespace/name`, is gone. */
  remove(name: string): void;
}

/**
 * Two histograms over all objects: from the commit, which its author's clock dates, and from the moment when the artifact was stored. What
 * a bridge finds applied when it starts is not measured: when that happened is not known.
 */
export function createLatency(registry: Registry, now: () => number = Date.now): Latency {
  const histogram = new Histogram({
    name: 'sluice_applied_latency_seconds',
    help: 'Age of a revision when it was applied, from its commit or from the storing of its artifact.',
    labelNames: ['from'],
    buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600],
    registers: [registry],
  });
  for (const from of ['commit', 'artifact']) histogram.zero({ from });
  const births = new Map<string, Birth>();
  const applied = new Map<string, string>();
  const measure = (from: string, since: number): void => {
    if (!Number.isNaN(since)) histogram.observe({ from }, Math.max(0, now() - since) / 1000);
  };
  return {
    put(kind, object) {
      const name = nameOfObject(kind, object);
      if (kind !== 'Kustomization') return void births.set(name, birthOf(object));
      const { appliedRevision: revision, source } = sightOf(kind, object);
      const before = applied.get(name);
      applied.set(name, revision);
      const birth = births.get(source);
      if (before === undefined || before === revision || birth?.revision !== revision) return;
      measure('commit', birth.committed);
      measure('artifact', birth.stored);
    },
    remove(name) {
      births.delete(name);
      applied.delete(name);
    },
  };
}

/** When a revision came to be; NaN where that is not told. */
interface Birth {
  readonly revision: string;
  readonly committed: number;
  readonly stored: number;
}

function birthOf({ status }: KubeObject): Birth {
  const { revision, metadata, lastUpdateTime } = record(record(status)['artifact']);
  const told = record(metadata);
  // What is in a registry tells when it was made by the annotation that OCI has for it.
  const made = text(told[committedAt]) || text(told['org.opencontainers.image.created']);
  return {
    revision: text(revision),
    committed: Date.parse(made),
    stored: Date.parse(text(lastUpdateTime)),
  };
}
