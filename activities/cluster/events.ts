import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { formatTime } from '../../api/index.ts';
import type { Cluster } from './client.ts';
import type { KubeObject } from './object.ts';

/** An event about an object of ours. */
export interface EventRecord {
  readonly object: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** The name under which Flux's users look for the event, such as `kustomize-controller`. */
  readonly component: string;
  readonly annotations?: Record<string, string>;
}

/** Records a Kubernetes event. Never raises: an event that is lost must not fail what it tells of. */
export async function recordEvent(cluster: Cluster, event: EventRecord): Promise<void> {
  const { object, type, reason, message, component, annotations = {} } = event;
  const { namespace = 'default', name, uid, resourceVersion } = object.metadata;
  const now = formatTime(new Date());
  const { apiVersion, kind } = object;
  const body = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name}.${randomBytes(8).toString('hex')}`,
      namespace,
      annotations: { ...passedOn(object), ...annotations },
    },
    involvedObject: { apiVersion, kind, namespace, name, uid, resourceVersion },
    type,
    reason,
    message: cut(message),
    source: { component },
    reportingComponent: component,
    reportingInstance: hostname().slice(0, maxInstance),
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
  const path = `/api/v1/namespaces/${namespace}/events`;
  await cluster.request({ method: 'POST', path, body }).catch(() => undefined);
}

/** What the author of an object wants to be told with its events, under the prefix that Flux has for it. */
function passedOn({ metadata: { annotations = {} } }: KubeObject): Record<string, string> {
  const told = Object.entries(annotations).filter(([key]) => key.startsWith(passedPrefix));
  return Object.fromEntries(told);
}

const passedPrefix = 'event.toolkit.fluxcd.io/';

/** The API server takes no longer name of an instance. */
const maxInstance = 128;

/** The API server refuses an event whose message is longer. */
const maxMessage = 1024;

function cut(message: string): string {
  return message.length <= maxMessage ? message : `${message.slice(0, maxMessage - 1)}…`;
}
