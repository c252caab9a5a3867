import type { Kustomization } from '../../../api/index.ts';
import type { Cluster } from '../../cluster/client.ts';
import { read } from '../../cluster/kustomizations.ts';
import type { KubeObject } from '../../cluster/object.ts';
import { secretData } from '../../cluster/secret-data.ts';
import { fail } from '../../failures.ts';

/** The variables of a Kustomization. */
export interface Variables {
  readonly values: Readonly<Record<string, string>>;
  /** Names of those whose value came from a Secret. */
  readonly secret: readonly string[];
  /** Takes a variable that is not set as empty instead of failing the build. */
  readonly lenient?: boolean;
}

/**
 * The variables of spec.postBuild: those of substituteFrom in their order, later ones over earlier ones, and the inline ones over all;
 * newlines are taken out. Undefined where nothing is to be substituted. Raises BuildFailed for an object that is missing and not optional,
 * and for a name that no expression could use.
 */
export async function loadVariables(
  cluster: Cluster,
  { postBuild }: Kustomization['spec'],
  namespace: string,
): Promise<Variables | undefined> {
  if (!postBuild) return undefined;
  const { substitute = {}, substituteFrom = [], substituteStrategy } = postBuild;
  const values: Record<string, string> = {};
  const secret = new Set<string>();
  const put = (origin: Origin): void => {
    for (const [name, value] of Object.entries(origin.data)) {
      values[checked(name, origin.title)] = value.replaceAll('\n', '');
      if (origin.secret) secret.add(name);
      else secret.delete(name);
    }
  };
  for (const reference of substituteFrom) {
    const origin = await originOf(cluster, reference, namespace);
    if (origin) put(origin);
  }
  put({ title: 'spec.postBuild.substitute', data: substitute, secret: false });
  if (Object.keys(values).length === 0 && substituteStrategy !== 'Always') return undefined;
  return { values, secret: [...secret] };
}

/** Variables that come from one place. */
interface Origin {
  readonly title: string;
  readonly data: Readonly<Record<string, string>>;
  readonly secret: boolean;
}

async function originOf(
  cluster: Cluster,
  { kind, name, optional }: { kind: string; name: string; optional: boolean },
  namespace: string,
): Promise<Origin | undefined> {
  const object = await read(() => cluster.get({ apiVersion: 'v1', kind, namespace, name }));
  const title = `${kind}/${namespace}/${name}`;
  if (object) return { title, data: dataOf(object), secret: kind === 'Secret' };
  if (optional) return undefined;
  const advice = 'create it, or set optional: true';
  throw fail('BuildFailed', `substituteFrom: ${title} not found; ${advice}`);
}

function dataOf(object: KubeObject): Record<string, string> {
  if (object.kind === 'Secret') return secretData(object);
  return (object['data'] ?? {}) as Record<string, string>;
}

function checked(name: string, where: string): string {
  if (/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name)) return name;
  const rule = 'use letters, digits and underscores, and no digit first';
  throw fail('BuildFailed', `${where} has a variable named "${name}": ${rule}`);
}
