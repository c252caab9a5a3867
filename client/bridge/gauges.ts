import { Gauge, type Registry } from 'prom-client';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { list, record, text } from '../../activities/cluster/untyped.ts';
import { nameOfObject } from './state.ts';

/** What can be measured of the objects that there are; nothing is left of one that is gone. */
export interface Gauges {
  put(kind: string, object: KubeObject): void;
  remove(kind: string, object: KubeObject): void;
  /** Keeps those that a complete list of a kind holds. */
  keep(kind: string, objects: readonly KubeObject[]): void;
}

/** Gauges under the names and labels of Flux's controllers, and of the resource metrics that Flux's dashboards read. */
export function createGauges(registry: Registry): Gauges {
  const rows = new Map<string, Row>();
  const define = (name: string, help: string, labelNames: string[], samples: Samples): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const row of rows.values()) {
          for (const [labels, value] of samples(row)) this.set(labels, value);
        }
      },
    });
  };
  const object = ['kind', 'name', 'namespace'];
  define(
    'gotk_reconcile_condition',
    'The current condition status.',
    [...object, 'type', 'status'],
    conditions,
  );
  define('gotk_suspend_status', 'Whether the object is suspended.', object, suspension);
  define('gotk_resource_info', 'The current state of the object.', infoLabels, ({ info }) => [
    [info, 1],
  ]);
  const put: Gauges['put'] = (kind, found) => {
    rows.set(nameOfObject(kind, found), rowOf(kind, found));
  };
  return {
    put,
    remove(kind, gone) {
      rows.delete(nameOfObject(kind, gone));
    },
    keep(kind, objects) {
      for (const [name, { labels }] of rows) if (labels.kind === kind) rows.delete(name);
      for (const found of objects) put(kind, found);
    },
  };
}

type Labels = Readonly<Record<string, string>>;
type Samples = (row: Row) => [labels: Labels, value: number][];

interface Row {
  readonly labels: { readonly kind: string; readonly name: string; readonly namespace: string };
  readonly ready: string;
  readonly suspended: boolean;
  readonly info: Labels;
}

const infoLabels = [
  'customresource_group',
  'customresource_kind',
  'customresource_version',
  'exported_namespace',
  'name',
  'ready',
  'suspended',
  'revision',
  'source_name',
  'url',
];

const conditions: Samples = ({ labels, ready }) =>
  ['True', 'False', 'Unknown'].map((status) => [
    { ...labels, type: 'Ready', status },
    status === ready ? 1 : 0,
  ]);

const suspension: Samples = ({ labels, suspended }) => [[labels, suspended ? 1 : 0]];

function rowOf(kind: string, { apiVersion, metadata, ...rest }: KubeObject): Row {
  const { name, namespace = '' } = metadata;
  const spec = record(rest['spec']);
  const status = record(rest['status']);
  const ready = readyOf(status);
  const suspended = spec['suspend'] === true;
  const [group = '', version = ''] = apiVersion.split('/');
  const info = {
    customresource_group: group,
    customresource_kind: kind,
    customresource_version: version,
    exported_namespace: namespace,
    name,
    ready,
    suspended: String(suspended),
    ...(kind === 'Kustomization'
      ? {
          revision: text(status['lastAppliedRevision']),
          source_name: text(record(spec['sourceRef'])['name']),
        }
      : { revision: text(record(status['artifact'])['revision']), url: text(spec['url']) }),
  };
  return { labels: { kind, name, namespace }, ready, suspended, info };
}

function readyOf(status: Record<string, unknown>): string {
  const ready = list(status['conditions']).find(({ type }) => type === 'Ready');
  return text(ready?.['status']) || 'Unknown';
}
