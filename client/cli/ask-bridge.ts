import type { Cluster } from '../../activities/cluster/client.ts';
import { CliError } from './failure.ts';
import type { Kind } from './kinds.ts';
import { objectOf, patchObject, readyOf, type Resource } from './objects.ts';

/** Asks the bridge by annotation to look at objects and waits for its answers; raises a CliError where one is not ready, or after half a minute. */
export async function askBridge(
  cluster: Cluster,
  kind: Kind,
  objects: readonly Resource[],
): Promise<void> {
  for (const object of objects) {
    const { namespace = '', name } = object.metadata;
    const title = `${kind.kind}/${namespace}/${name}`;
    const at = new Date().toISOString();
    process.stdout.write(`► ${title}\n`);
    const annotations = { 'reconcile.fluxcd.io/requestedAt': at };
    await patchObject(cluster, object, { metadata: { annotations } });
    const now = await untilHandled(cluster, { kind, namespace, name, at });
    const ready = readyOf(now);
    if (ready?.status === 'True') process.stdout.write(`✔ ${ready.message}\n`);
    else
      throw new CliError(
        `${title} failed: ${ready?.reason ?? ''}: ${ready?.message ?? 'no answer'}`,
        `sluice explain ${kind.kind.toLowerCase()} ${name} -n ${namespace}`,
      );
  }
}

interface Asked {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly at: string;
}

async function untilHandled(
  cluster: Cluster,
  { kind, namespace, name, at }: Asked,
): Promise<Resource> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline;) {
    const object = await objectOf(cluster, kind, namespace, name);
    if (object.status.lastHandledReconcileAt === at) return object;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new CliError(
    `${kind.kind}/${namespace}/${name} was not looked at`,
    'see whether a bridge runs',
  );
}

const timeoutMs = 30_000;
