import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const flag = z.stringbool({ truthy: ['true', '1', 'yes', ''] }).default(false);
const flagOn = z.stringbool({ truthy: ['true', '1', 'yes', ''] }).default(true);

/** Kinds as Flux writes them: `group/Kind`, and `Kind` or `/Kind` for those of the core group. */
const kinds = z
  .string()
  .default('')
  .transform((text) => text.split(',').map((kind) => kind.trim()))
  .transform((rows) => rows.filter((row) => row !== ''))
  .transform((rows) => rows.map((row) => (row.includes('/') ? row : `/${row}`)))
  .pipe(
    z.array(
      z.string().regex(/^[a-z0-9.-]*\/[A-Z][A-Za-z0-9]*$/, {
        error: ({ input }) =>
          `'${String(input)}' is no kind: write group/Kind, separated by commas`,
      }),
    ),
  );

/** What a worker can be told by its environment or its command line; every value has a default that suits one machine. */
export const WorkerSettings = z.object({
  TEMPORAL_ADDRESS: z
    .string()
    .default('127.0.0.1:7233')
    .describe('address of the Temporal frontend'),
  TEMPORAL_NAMESPACE: z.string().default('default').describe('Temporal namespace'),
  KUBECONFIG: z.string().optional().describe('kubeconfig of the cluster; in a pod its own account'),
  SLUICE_CACHE_DIR: z.string().optional().describe('private cache of artifacts and builds'),
  SLUICE_KUSTOMIZE: z.string().default('kustomize').describe('path of the kustomize binary'),
  SLUICE_SOPS: z.string().default('sops').describe('path of the sops binary'),
  SLUICE_STORAGE_ADDR: z.string().default('0.0.0.0:9090').describe('where artifacts are served'),
  SLUICE_STORAGE_ADV_ADDR: z
    .string()
    .optional()
    .describe('host:port that goes into the url of an artifact'),
  SLUICE_CONCURRENT: z.coerce.number().int().min(1).default(20).describe('activities at a time'),
  SLUICE_NO_REMOTE_BASES: flag.describe('refuse kustomize bases from other hosts'),
  SLUICE_REPORT_ONLY: flag.describe('write nothing, for a worker beside Flux'),
  SLUICE_NO_CROSS_NAMESPACE_REFS: flag.describe('refuse sources of other namespaces'),
  SLUICE_DEFAULT_SERVICE_ACCOUNT: z
    .string()
    .optional()
    .describe('service account of Kustomizations that name none'),
  SLUICE_CUSTOM_APPLY_STAGE_KINDS: kinds.describe(
    'group/Kind,… of objects that are applied and waited for before the rest',
  ),
  SLUICE_DEFAULT_KUBECONFIG_SERVICE_ACCOUNT: z
    .string()
    .optional()
    .describe('service account of ConfigMaps of remote clusters that name none'),
  SLUICE_CONNECTIONS_PER_CLUSTER: z.coerce
    .number()
    .int()
    .min(1)
    .default(32)
    .describe('requests to one remote cluster at a time'),
  SLUICE_SOPS_AGE_SECRET: z
    .string()
    .optional()
    .describe('Secret with age keys of those whose decryption names none, [namespace/]name'),
  SLUICE_RETRY_BACKOFF: flagOn.describe(
    'retry repeated failures ever later, up to the interval; false: always after retryInterval',
  ),
  RUNTIME_NAMESPACE: z.string().default('flux-system').describe('namespace of the worker'),
  SLUICE_INSECURE_KUBECONFIG_TLS: flag.describe(
    'let kubeconfigs of users turn the verification of certificates off',
  ),
});
export type WorkerSettings = z.infer<typeof WorkerSettings>;

/** Reads the settings; raises an error that names every variable at fault. */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
): WorkerSettings {
  const parsed = WorkerSettings.safeParse(environment);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`wrong settings: ${faults.join('; ')}`);
}

/** The worker's private directory, made with mode 0700. */
export function cacheDirectory(settings: WorkerSettings): string {
  const directory = settings.SLUICE_CACHE_DIR ?? join(homedir(), '.cache', 'sluice', 'worker');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}
