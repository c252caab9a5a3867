import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { parseBudget } from '../activities/cluster/deletion-budget.ts';
import { hostKeyAlgorithms, kexAlgorithms } from '../activities/fetch/ssh/algorithms.ts';
import { serviceSettings } from '../client/service-settings.ts';
import { duration, flag, listenAddress, list, oneOf, whole } from '../client/setting-values.ts';

/** A kind as Flux writes it: `group/Kind`, and `Kind` or `/Kind` for one of the core group. */
const kind = z
  .string()
  .regex(/^([a-z0-9.-]*\/)?[A-Z][A-Za-z0-9]*$/, {
    error: ({ input }) => `'${String(input)}' is no kind: write group/Kind, separated by commas`,
  })
  .transform((text) => (text.includes('/') ? text : `/${text}`));

/** A kubeconfig that names a command could do anything with the rights of the worker. */
const never = flag(false).pipe(
  z.literal(false, { error: 'commands of kubeconfigs are never run; leave this out' }),
);

/** What a worker can be told by its environment or its command line; every value has a default that suits one machine. */
export const WorkerSettings = z.object({
  ...serviceSettings,
  SLUICE_METRICS_ADDR: listenAddress
    .default(':8080')
    .describe('where /metrics is served; 0: nowhere'),
  SLUICE_HEALTH_ADDR: listenAddress
    .default(':9440')
    .describe('where /healthz and /readyz are served; 0: nowhere'),
  SLUICE_CACHE_DIR: z.string().optional().describe('private cache of artifacts and builds'),
  SLUICE_KUSTOMIZE: z.string().default('kustomize').describe('path of the kustomize binary'),
  SLUICE_SOPS: z.string().default('sops').describe('path of the sops binary'),
  SLUICE_STORAGE_ADDR: z.string().default('0.0.0.0:9090').describe('where artifacts are served'),
  SLUICE_STORAGE_ADV_ADDR: z
    .string()
    .optional()
    .describe('host:port that goes into the url of an artifact'),
  SLUICE_ARTIFACT_RETENTION_TTL: duration('1m').describe(
    'how long an old artifact is kept at most',
  ),
  SLUICE_ARTIFACT_RETENTION_RECORDS: whole(2, 1).describe(
    'how many artifacts of a source are kept at most',
  ),
  SLUICE_MIN_RETRY_DELAY: duration('750ms').describe(
    'wait after the first failure of a source; each one more doubles it',
  ),
  SLUICE_MAX_RETRY_DELAY: duration('15m').describe('longest wait after failures of a source'),
  SLUICE_HTTP_RETRY: whole(9, 0).describe('retries of a download before the pass fails'),
  SLUICE_SSH_KEX_ALGOS: list(oneOf(kexAlgorithms)).describe(
    'key exchanges of SSH, the best first; those without SHA-1 unless set',
  ),
  SLUICE_SSH_HOSTKEY_ALGOS: list(oneOf(hostKeyAlgorithms)).describe(
    'signatures of host keys of SSH, the best first; those without SHA-1 unless set',
  ),
  HTTPS_PROXY: z.string().optional().describe('proxy to repositories over https'),
  HTTP_PROXY: z.string().optional().describe('proxy to repositories over http'),
  ALL_PROXY: z.string().optional().describe('proxy to repositories over ssh, and to the others'),
  NO_PROXY: z.string().optional().describe('hosts that are reached without a proxy'),
  SLUICE_CONCURRENT: whole(20, 1).describe('activities at a time'),
  SLUICE_CONCURRENT_SSA: whole(8, 1).describe('objects of one Kustomization applied at a time'),
  SLUICE_REQUEUE_DEPENDENCY: duration('30s').describe(
    'when to look again at what is missing, should no event tell',
  ),
  SLUICE_RETRY_BACKOFF: flag(true).describe(
    'retry repeated failures ever later, up to the interval; false: always after retryInterval',
  ),
  SLUICE_INTERVAL_JITTER_PERCENTAGE: whole(5, 0, 99).describe('by how much intervals are spread'),
  SLUICE_NO_REMOTE_BASES: flag(false).describe('refuse kustomize bases from other hosts'),
  SLUICE_NO_CROSS_NAMESPACE_REFS: flag(false).describe(
    'refuse sources and dependencies of other namespaces',
  ),
  SLUICE_REPORT_ONLY: flag(false).describe('write nothing, for a worker beside Flux'),
  SLUICE_DEFAULT_SERVICE_ACCOUNT: z
    .string()
    .optional()
    .describe('service account of Kustomizations that name none'),
  SLUICE_OVERRIDE_MANAGER: list().describe(
    'field managers whose fields are taken over, as those of kubectl are',
  ),
  SLUICE_CUSTOM_APPLY_STAGE_KINDS: list(kind).describe(
    'group/Kind,… of objects that are applied and waited for before the rest',
  ),
  SLUICE_DEFAULT_KUBECONFIG_SERVICE_ACCOUNT: z
    .string()
    .optional()
    .describe('service account of ConfigMaps of remote clusters that name none'),
  SLUICE_CONNECTIONS_PER_CLUSTER: whole(32, 1).describe('requests to one remote cluster at a time'),
  SLUICE_SOPS_AGE_SECRET: z
    .string()
    .optional()
    .describe('Secret with age keys of those whose decryption names none, [namespace/]name'),
  SLUICE_MAX_DELETIONS: z
    .string()
    .superRefine(checkBudget)
    .optional()
    .describe('deletions a sync may make without approval, 10 or 20%; no limit unless set'),
  SLUICE_INSECURE_KUBECONFIG_TLS: flag(false).describe(
    'let kubeconfigs of users turn the verification of certificates off',
  ),
  TEMPORAL_DEPLOYMENT_NAME: z
    .string()
    .optional()
    .describe('worker deployment in Temporal that the worker is a version of; none where absent'),
  TEMPORAL_WORKER_BUILD_ID: z.string().optional().describe('version in that worker deployment'),
  SLUICE_VERSIONING_BEHAVIOR: z
    .enum(['AUTO_UPGRADE', 'PINNED'])
    .default('AUTO_UPGRADE')
    .describe('PINNED lets a run end on the version that it began on'),
  SLUICE_INSECURE_KUBECONFIG_EXEC: never.describe('refused: no command of a kubeconfig is run'),
});
export type WorkerSettings = z.infer<typeof WorkerSettings>;

/** The worker's private directory, made with mode 0700. */
export function cacheDirectory(settings: WorkerSettings): string {
  const directory = settings.SLUICE_CACHE_DIR ?? join(homedir(), '.cache', 'sluice', 'worker');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

function checkBudget(text: string, context: z.RefinementCtx): void {
  try {
    parseBudget(text);
  } catch (error) {
    context.addIssue({
      code: 'custom',
      message: error instanceof Error ? error.message : String(error),
    });
  }
}
