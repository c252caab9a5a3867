import type { Client } from '@temporalio/client';
import type { Cluster } from '../../activities/cluster/client.ts';
import { attributes, workflowId, workflowTypes } from '../../workflows/messages.ts';
import { kinds, type Kind } from '../cli/kinds.ts';
import { objectsOf } from '../cli/objects.ts';
import { fault, finding, ok, warning, type Finding } from './finding.ts';

/** Whether Temporal answers, and how far back its namespace remembers. */
export async function checkServer(client: Client, namespace: string): Promise<Finding[]> {
  const { workflowService } = client.connection;
  return [
    await finding(
      'Temporal',
      async () => ok((await workflowService.getSystemInfo({})).serverVersion),
      'set TEMPORAL_ADDRESS, or start a local stack with: sluice dev up',
    ),
    await finding(
      `Temporal namespace ${namespace}`,
      async () => {
        const { config } = await workflowService.describeNamespace({ namespace });
        const hours = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 3600;
        const words = hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
        if (hours >= 72) return ok(`sync history reaches back ${words}`);
        const longer = `temporal operator namespace update --namespace ${namespace} --retention 30d`;
        return warning(`sync history reaches back ${words} only`, longer);
      },
      `temporal operator namespace create --namespace ${namespace} --retention 30d`,
    ),
  ];
}

/** Whether the search attributes are registered, and workers poll the task queues. */
export async function checkWorkers(
  client: Client,
  namespace: string,
  queues: readonly string[],
): Promise<Finding[]> {
  const rows = queues.map((queue) =>
    finding(
      `workers of ${queue}`,
      async () => {
        const count = await pollersOf(client, namespace, queue);
        if (count > 0) return ok(`${count} ${count === 1 ? 'polls' : 'poll'}`);
        return fault('nobody polls the task queue', 'start a worker, or look at its log');
      },
      'see that Temporal is reachable',
    ),
  );
  return [await checkAttributes(client, namespace), ...(await Promise.all(rows))];
}

function checkAttributes(client: Client, namespace: string): Promise<Finding> {
  return finding(
    'search attributes',
    async () => {
      const { customAttributes } = await client.connection.operatorService.listSearchAttributes({
        namespace,
      });
      const names = Object.values(attributes).map(({ name }) => name);
      const missing = names.filter((name) => !(name in customAttributes));
      if (missing.length === 0) return ok(`${names.length} registered`);
      return fault(`${missing.join(', ')} missing`, 'sluice install --search-attributes-only');
    },
    'see that Temporal is reachable',
  );
}

/** Processes that asked the queue for workflow tasks in the last minutes, as Temporal remembers them. */
async function pollersOf(client: Client, namespace: string, name: string): Promise<number> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name },
  });
  const since = Date.now() / 1000 - freshS;
  const fresh = pollers.filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds) > since);
  return new Set(fresh.map(({ identity }) => identity)).size;
}

/** A poll lasts a minute at most. */
const freshS = 90;

/** Whether every object has its workflow: a bridge starts those that are missing. */
export function checkWorkflows(client: Client, cluster: Cluster): Promise<Finding> {
  return finding(
    'workflows',
    async () => {
      const found = await Promise.all(
        kinds
          .filter(({ kind }) => kind in workflowTypes)
          .map((kind) => titlesOf(client, cluster, kind)),
      );
      const missing = found.flatMap((one) => one.missing);
      const [first, ...others] = missing;
      const count = found.reduce((sum, { objects }) => sum + objects, 0);
      if (first === undefined) return ok(`each of ${count} objects has its own`);
      const more = others.length > 0 ? ` and ${others.length} more` : '';
      return fault(`${first}${more} without one`, 'see that a bridge runs, it starts them');
    },
    'see that Temporal and the cluster are reachable',
  );
}

/** How many objects of a kind there are, and those without a workflow. */
async function titlesOf(
  client: Client,
  cluster: Cluster,
  kind: Kind,
): Promise<{ objects: number; missing: string[] }> {
  const items = (await objectsOf(cluster, kind, undefined))?.items ?? [];
  const running = items.length > 0 ? await runningIds(client, kind.kind) : new Set<string>();
  const missing = items
    .map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }))
    .filter((key) => !running.has(workflowId(kind.kind, key)))
    .map(({ namespace, name }) => `${kind.kind}/${namespace}/${name}`);
  return { objects: items.length, missing };
}

async function runningIds(client: Client, kind: string): Promise<Set<string>> {
  const type = workflowTypes[kind as keyof typeof workflowTypes];
  const query = `WorkflowType="${type}" AND ExecutionStatus="Running"`;
  const ids = new Set<string>();
  for await (const { workflowId: id } of client.workflow.list({ query })) ids.add(id);
  return ids;
}
