import { Gauge, type Registry } from 'prom-client';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { createLatency } from './latency.ts';
import { infoLabels, rowOf, stateLabels, type Labels, type Row } from './resource-info.ts';
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
  const latency = createLatency(registry);
  defineGauges(registry, rows);
  const put: Gauges['put'] = (kind, found) => {
    rows.set(nameOfObject(kind, found), rowOf(kind, found));
    latency.put(kind, found);
  };
  const remove = (name: string): void => {
    rows.delete(name);
    latency.remove(name);
  };
  return {
    put,
    remove(kind, gone) {
      remove(nameOfObject(kind, gone));
    },
    keep(kind, objects) {
      const present = new Set(objects.map((found) => nameOfObject(kind, found)));
      for (const [name, { labels }] of rows) {
        if (labels.kind === kind && !present.has(name)) remove(name);
      }
      for (const found of objects) put(kind, found);
    },
  };
}

type Samples = (row: Row) => [labels: Labels, value: number][];

function defineGauges(registry: Registry, rows: ReadonlyMap<string, Row>): void {
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
  define(
    'sluice_resource_info',
    'What the object belongs to, and why it is ready or not.',
    stateLabels,
    ({ state }) => [[state, 1]],
  );
}

const conditions: Samples = ({ labels, ready }) =>
  ['True', 'False', 'Unknown'].map((status) => [
    { ...labels, type: 'Ready', status },
    status === ready ? 1 : 0,
  ]);

const suspension: Samples = ({ labels, suspended }) => [[labels, suspended ? 1 : 0]];
