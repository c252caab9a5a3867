import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { parse } from 'yaml';
import type { Cluster } from '../activities/cluster/client.ts';
import { refOf, type KubeObject } from '../activities/cluster/object.ts';
import { serverSideApply } from '../activities/cluster/server-side-apply.ts';
import { attributes } from '../workflows/messages.ts';

/** Applies the CRDs and waits until their kinds are served; gives their names. Raises ApiError, or an Error after a minute. */
export async function installCrds(cluster: Cluster): Promise<string[]> {
  const names: string[] = [];
  for (const crd of await crdsOfThisVersion()) {
    await serverSideApply(cluster, crd, { manager: 'sluice' });
    await waitUntilServed(cluster, crd);
    names.push(crd.metadata.name);
  }
  cluster.discovery.forget();
  return names;
}

/** The CRDs as this version of Sluice has them. */
export async function crdsOfThisVersion(): Promise<KubeObject[]> {
  const directory = fileURLToPath(new URL('../deploy/crds/', import.meta.url));
  const files = (await readdir(directory)).filter((name) => name.endsWith('.yaml'));
  const texts = await Promise.all(files.map((file) => readFile(`${directory}${file}`, 'utf8')));
  return texts.map((text) => parse(text) as KubeObject);
}

/** Registers the search attributes of our workflows with Temporal; gives the names of those that were missing. */
export async function registerSearchAttributes(
  client: Client,
  namespace: string,
): Promise<string[]> {
  const { operatorService } = client.connection;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(attributes)
    .map(({ name }) => name)
    .filter((name) => !(name in customAttributes));
  if (missing.length === 0) return missing;
  await operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
  });
  await waitUntilRegistered(client, namespace, missing);
  return missing;
}

/** INDEXED_VALUE_TYPE_KEYWORD of Temporal's API. */
const keyword = 2;
const timeoutMs = 60_000;
const pauseMs = 100;

async function waitUntilServed(cluster: Cluster, crd: KubeObject): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline;) {
    const live = await cluster.get(refOf(crd));
    const { conditions } = (live?.['status'] ?? {}) as { conditions?: Condition[] | null };
    if ((conditions ?? []).some(({ type, status }) => type === 'Established' && status === 'True'))
      return;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new Error(`CustomResourceDefinition/${crd.metadata.name} was not established in a minute`);
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

/** The server answers before every part of it knows the attributes, and a workflow started in between would fail. */
async function waitUntilRegistered(
  client: Client,
  namespace: string,
  names: readonly string[],
): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline;) {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({
      namespace,
    });
    if (names.every((name) => name in customAttributes)) return;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new Error(`Temporal did not register ${names.join(', ')} in a minute`);
}
