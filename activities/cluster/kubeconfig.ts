import { parse } from 'yaml';
import { z } from 'zod';

/** What a worker allows in the kubeconfigs that its users bring along; Flux's flags of the same names. */
export interface KubeConfigPolicy {
  /** Lets a kubeconfig turn off the verification of the server's certificate. */
  readonly insecureKubeconfigTls: boolean;
}

/**
 * The current context of a kubeconfig as a new one that holds nothing but inline data: no commands, no files of this worker, no plugins.
 * Raises an Error that names the field at fault and never its value.
 */
export function sanitizeKubeConfig(text: string, policy: KubeConfigPolicy): string {
  const current = currentContext(text);
  const { context } = current;
  const cluster = clusterOf(current.cluster, policy);
  const user = userOf(current.user);
  const name = 'target';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { ...context, cluster: name, user: name } }],
    clusters: [{ name, cluster }],
    users: [{ name, user }],
  });
}

/** What the current context of a kubeconfig names. */
export interface CurrentContext {
  readonly context: z.infer<typeof context>;
  readonly cluster: z.infer<typeof server>;
  readonly user: z.infer<typeof credentials>;
}

/** Reads the current context of a kubeconfig. Raises an Error that names the field at fault and never its value. */
export function currentContext(text: string): CurrentContext {
  const config = parsed(text);
  const wanted = config['current-context'] ?? config.contexts[0]?.name;
  const { context } = entry(config.contexts, wanted, 'context');
  const { cluster } = entry(config.clusters, context.cluster, 'cluster');
  const { user } = entry(config.users, context.user, 'user');
  return { context, cluster, user };
}

/** Host and port of the server in a kubeconfig that was sanitised. */
export function serverOf(sanitized: string): string {
  const [first] = parsed(sanitized).clusters;
  return first ? new URL(first.cluster.server).host : '';
}

const text = z.string().optional();
const server = z.looseObject({
  server: z.url({ protocol: /^https?$/ }),
  'certificate-authority-data': text,
  'certificate-authority': text,
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': text,
  'proxy-url': text,
});
const context = z.object({ cluster: z.string(), user: z.string(), namespace: text });
const credentials = z.looseObject({
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
});
const file = z.object({
  'current-context': text,
  contexts: z.array(
    z.object({
      name: z.string(),
      context,
    }),
  ),
  clusters: z.array(z.object({ name: z.string(), cluster: server })),
  users: z.array(z.object({ name: z.string(), user: credentials })),
});

function parsed(kubeconfig: string): z.infer<typeof file> {
  let value: unknown;
  try {
    value = parse(kubeconfig);
  } catch {
    throw new Error('it is not valid YAML');
  }
  const result = file.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path }) => path.join('.') || 'its top level');
  throw new Error(`it is no kubeconfig: wrong or missing ${faults.join(', ')}`);
}

function entry<T extends { name: string }>(
  rows: readonly T[],
  name: string | undefined,
  what: string,
): T {
  const found = rows.find((row) => row.name === name);
  if (found) return found;
  throw new Error(`its current context needs a ${what} "${name ?? ''}", which it does not hold`);
}

function clusterOf(row: z.infer<typeof server>, policy: KubeConfigPolicy): object {
  if (row['certificate-authority'] && !row['certificate-authority-data']) {
    throw new Error('certificate-authority names a file: use certificate-authority-data');
  }
  if (row['proxy-url']) throw new Error('proxy-url is not supported');
  const insecure = row['insecure-skip-tls-verify'] === true && policy.insecureKubeconfigTls;
  return {
    server: row.server,
    'certificate-authority-data': row['certificate-authority-data'],
    'tls-server-name': row['tls-server-name'],
    ...(insecure ? { 'insecure-skip-tls-verify': true } : {}),
  };
}

function userOf(row: z.infer<typeof credentials>): object {
  const names = ['token', 'username', 'password', 'client-certificate-data', 'client-key-data'];
  const inline = Object.entries(row).filter(([name]) => names.includes(name));
  if (inline.length > 0) return Object.fromEntries(inline);
  const refused = Object.keys(row).join(', ') || 'nothing';
  throw new Error(
    `its user is told by ${refused}: commands, plugins and files are not run or read here; use a token or a client certificate as data`,
  );
}
