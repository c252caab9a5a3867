import { ApiError, isNotFound } from '../../activities/cluster/api-error.ts';
import type { Cluster } from '../../activities/cluster/client.ts';
import { refOf, type KubeObject } from '../../activities/cluster/object.ts';
import { crdsOfThisVersion } from '../install.ts';
import { fault, finding, ok, warning, type Finding, type Verdict } from './finding.ts';

/** Whether each CRD is there, served, and knows every field that this version of Sluice reads; those of Flux know more, and are fine. */
export async function checkCrds(cluster: Cluster): Promise<Finding[]> {
  const crds = await crdsOfThisVersion();
  return Promise.all(
    crds.map((crd) =>
      finding(`CRD ${crd.metadata.name}`, () => judge(cluster, crd), 'sluice install'),
    ),
  );
}

async function judge(cluster: Cluster, wanted: KubeObject): Promise<Verdict> {
  const { group, names, versions } = specOf(wanted);
  const version = versions[0]?.name ?? 'v1';
  if (!(await isServed(cluster, `${group}/${version}`, names.kind)))
    return fault(`${version} is not served`, 'sluice install');
  const live = await readable(cluster, wanted);
  if (!live) return ok(`${version} is served; its fields may not be read`);
  const served = specOf(live).versions.find(({ name }) => name === version);
  const lacking = fieldsLacking(versions[0]?.schema, served?.schema);
  if (lacking.length === 0) return ok(`${version} is served`);
  const named = lacking.slice(0, 3).join(', ');
  const more = lacking.length > 3 ? ` and ${lacking.length - 3} more` : '';
  return warning(`lacks ${named}${more}: the API server drops them`, 'sluice install --crds-only');
}

async function isServed(cluster: Cluster, apiVersion: string, kind: string): Promise<boolean> {
  try {
    await cluster.discovery.resolve({ apiVersion, kind });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Whoever may not read definitions can still use what they define. */
async function readable(cluster: Cluster, crd: KubeObject): Promise<KubeObject | undefined> {
  try {
    return await cluster.get(refOf(crd));
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}

interface CrdSpec {
  readonly group: string;
  readonly names: { readonly kind: string };
  readonly versions: readonly { readonly name: string; readonly schema?: Versioned }[];
}

interface Versioned {
  readonly openAPIV3Schema?: Schema;
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: unknown;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

function specOf(crd: KubeObject): CrdSpec {
  return crd['spec'] as CrdSpec;
}

function fieldsLacking(wanted: Versioned | undefined, there: Versioned | undefined): string[] {
  return lackingBelow(wanted?.openAPIV3Schema, there?.openAPIV3Schema, '');
}

function lackingBelow(
  wanted: Schema | undefined,
  there: Schema | undefined,
  path: string,
): string[] {
  if (there?.['x-kubernetes-preserve-unknown-fields'] ?? there?.additionalProperties) return [];
  const inItems = wanted?.items ? lackingBelow(wanted.items, there?.items, `${path}[]`) : [];
  const inFields = Object.entries(wanted?.properties ?? {}).flatMap(([name, schema]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const found = there?.properties?.[name];
    return found ? lackingBelow(schema, found, at) : [at];
  });
  return [...inItems, ...inFields];
}
