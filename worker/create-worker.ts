import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import {
  NativeConnection,
  Worker,
  type ActivityInterceptorsFactory,
  type InjectedSinks,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { connectCluster, type Cluster } from '../activities/cluster/client.ts';
import { ArtifactCache } from '../activities/fetch/artifact-cache.ts';
import { startArtifactServer } from '../activities/fetch/artifact-server.ts';
import { ArtifactStorage } from '../activities/fetch/artifact-storage.ts';
import { createTrees } from '../activities/fetch/changed-directories.ts';
import { rebuildOci } from '../activities/fetch/oci/oci-activities.ts';
import type { GitPolicy } from '../activities/fetch/git-credentials.ts';
import { createInstallationTokens } from '../activities/fetch/github-app.ts';
import { rebuildArtifact } from '../activities/fetch/rebuild-artifact.ts';
import { rebuildByKind } from '../activities/fetch/source-kinds.ts';
import { createActivities, type ActivityDeps } from '../activities/index.ts';
import type { ArtifactRef } from '../activities/contract.ts';
import type { Listeners } from '../activities/report.ts';
import { sweepBuildDirectories } from '../activities/render/build-directory.ts';
import { openBuilder } from '../activities/render/builder.ts';
import { createClosures } from '../activities/render/closure.ts';
import { createRenderer } from '../activities/render/renderer.ts';
import { currentTrace } from '../client/telemetry/current-trace.ts';
import { traceparentOf } from '../client/telemetry/trace-header.ts';
import { connectTemporal } from '../client/connect-temporal.ts';
import { programPath } from './program-path.ts';
import { cacheDirectory, type WorkerSettings } from './settings.ts';
import type { TraceSinks } from './telemetry/workflow-tracing.ts';
import { versioningOf } from './versioning.ts';
import { cachedWorkflows } from './workflow-cache.ts';

/** A worker that is wired up and not running yet, and what has to be closed after it. */
export interface AssembledWorker {
  readonly worker: Worker;
  readonly artifactPort: number;
  close(): Promise<void>;
}

/** What measures and traces the work of a worker. */
export interface WorkerTelemetry {
  readonly activities: readonly ActivityInterceptorsFactory[];
  /** What workflows tell of their passes, where they are traced. */
  readonly sinks: InjectedSinks<TraceSinks> | undefined;
}

/** Connects to the cluster and to Temporal, opens the artifact server and registers workflows and activities. */
export async function createWorker(
  settings: WorkerSettings,
  workflowBundle: WorkflowBundleOption,
  listeners: Listeners,
  telemetry: WorkerTelemetry,
): Promise<AssembledWorker> {
  const cluster = await connectCluster(settings.KUBECONFIG, process.env);
  const { deps, server } = await openStores(settings, cluster);
  const connection = await connectTemporal(settings.TEMPORAL_ADDRESS, (options) =>
    NativeConnection.connect(options),
  );
  const worker = await Worker.create({
    connection,
    namespace: settings.TEMPORAL_NAMESPACE,
    taskQueue: settings.SLUICE_TASK_QUEUE,
    workflowBundle,
    activities: createActivities({ ...deps, ...listeners }),
    ...versioningOf(settings),
    interceptors: { activity: [...telemetry.activities] },
    ...(telemetry.sinks ? { sinks: telemetry.sinks } : {}),
    maxCachedWorkflows: cachedWorkflows(getHeapStatistics().heap_size_limit),
    // More workflow tasks at a time than this run into their ten-second limit on two cores.
    maxConcurrentWorkflowTaskExecutions: 20,
    maxConcurrentActivityTaskExecutions: settings.SLUICE_CONCURRENT,
    maxConcurrentLocalActivityExecutions: settings.SLUICE_CONCURRENT * 2,
    shutdownGraceTime: '10s',
    // By what an attempt knows of its own heartbeats it tells whether another worker may have taken over.
    maxHeartbeatThrottleInterval: '2s',
  });
  return {
    worker,
    artifactPort: server.port,
    async close() {
      await server.close();
      await connection.close();
      await cluster.close();
    },
  };
}

async function openStores(
  settings: WorkerSettings,
  cluster: Cluster,
): Promise<{
  deps: Omit<ActivityDeps, keyof Listeners>;
  server: { port: number; close: () => Promise<void> };
}> {
  const cache = cacheDirectory(settings);
  const tempDir = join(cache, 'work');
  const { host, port } = splitAddress(settings.SLUICE_STORAGE_ADDR);
  const storage = new ArtifactStorage({
    dir: join(cache, 'artifacts'),
    advertisedAddress: settings.SLUICE_STORAGE_ADV_ADDR ?? `127.0.0.1:${port}`,
    keptRecords: settings.SLUICE_ARTIFACT_RETENTION_RECORDS,
    keptMs: settings.SLUICE_ARTIFACT_RETENTION_TTL,
  });
  const artifacts = new ArtifactCache({ dir: join(cache, 'unpacked') });
  const builds = join(cache, 'builds');
  await sweepBuildDirectories(builds);
  const path = process.env['PATH'] ?? '';
  const builder = openBuilder();
  const openArtifact = async (artifact: ArtifactRef): Promise<string> =>
    (await artifacts.open(artifact)).directory;
  const closures = createClosures(openArtifact);
  const renderer = createRenderer({
    build: (order) => builder.build(order),
    kustomize: await programPath(settings.SLUICE_KUSTOMIZE, path),
    sops: await programPath(settings.SLUICE_SOPS, path),
    cacheDir: builds,
    openArtifact,
    closures,
    noRemoteBases: settings.SLUICE_NO_REMOTE_BASES,
  });
  const git = gitPolicyOf(settings);
  const deps = {
    cluster,
    storage,
    tempDir,
    git,
    trees: createTrees(),
    trace: currentTraceparent,
    artifacts,
    closures,
    renderer,
    maxDeletions: settings.SLUICE_MAX_DELETIONS,
    ageSecret: ageSecretOf(settings),
    ...rulesOf(settings),
  };
  const stores = { cluster, storage, tempDir, artifacts, git };
  const rebuild = rebuildByKind({
    GitRepository: (path) => rebuildArtifact(stores, path),
    OCIRepository: (path) => rebuildOci(stores, path),
  });
  const server = await startArtifactServer({ storage, host, port, rebuild });
  return { deps, server };
}

function currentTraceparent(): string | undefined {
  const ids = currentTrace();
  return ids && traceparentOf(ids);
}

/** What the platform team has decided for all objects. */
function rulesOf(
  settings: WorkerSettings,
): Pick<
  ActivityDeps,
  | 'policy'
  | 'applyOptions'
  | 'httpRetry'
  | 'failFast'
  | 'strictSubstitution'
  | 'reportOnly'
  | 'jitterPercent'
  | 'sourceRetry'
> {
  const { open } = settings.SLUICE_FEATURE_GATES;
  return {
    reportOnly: settings.SLUICE_REPORT_ONLY,
    jitterPercent: settings.SLUICE_INTERVAL_JITTER_PERCENTAGE,
    policy: {
      noCrossNamespaceRefs: settings.SLUICE_NO_CROSS_NAMESPACE_REFS,
      defaultServiceAccount: settings.SLUICE_DEFAULT_SERVICE_ACCOUNT,
      defaultKubeconfigServiceAccount: settings.SLUICE_DEFAULT_KUBECONFIG_SERVICE_ACCOUNT,
      connectionsPerCluster: settings.SLUICE_CONNECTIONS_PER_CLUSTER,
      insecureKubeconfigTls: settings.SLUICE_INSECURE_KUBECONFIG_TLS,
      requeueDependencyMs: settings.SLUICE_REQUEUE_DEPENDENCY,
      retryBackoff: settings.SLUICE_RETRY_BACKOFF,
      externalArtifacts: open.ExternalArtifact,
      additiveReadyExpr: open.AdditiveCELDependencyCheck,
      newsEndsHealthWait: open.CancelHealthCheckOnNewRevision,
    },
    applyOptions: {
      customStageKinds: settings.SLUICE_CUSTOM_APPLY_STAGE_KINDS,
      concurrency: settings.SLUICE_CONCURRENT_SSA,
      overriddenManagers: settings.SLUICE_OVERRIDE_MANAGER,
    },
    httpRetry: settings.SLUICE_HTTP_RETRY,
    failFast: !open.DisableFailFastBehavior,
    strictSubstitution: open.StrictPostBuildSubstitutions,
    sourceRetry: {
      minMs: settings.SLUICE_MIN_RETRY_DELAY,
      maxMs: settings.SLUICE_MAX_RETRY_DELAY,
      dependencyMs: settings.SLUICE_REQUEUE_DEPENDENCY,
    },
  };
}

/** How repositories are reached. */
function gitPolicyOf(settings: WorkerSettings): GitPolicy {
  return {
    proxies: {
      http: settings.HTTP_PROXY,
      https: settings.HTTPS_PROXY,
      all: settings.ALL_PROXY,
      none: settings.NO_PROXY,
    },
    algorithms: {
      kex: settings.SLUICE_SSH_KEX_ALGOS,
      hostKey: settings.SLUICE_SSH_HOSTKEY_ALGOS,
    },
    tokens: createInstallationTokens(),
  };
}

/** Named like every object, `namespace/name`, or by its name alone in the namespace of the worker. */
function ageSecretOf(settings: WorkerSettings): { namespace: string; name: string } | undefined {
  const { SLUICE_SOPS_AGE_SECRET: text, RUNTIME_NAMESPACE: namespace } = settings;
  if (!text) return undefined;
  const [first = '', second] = text.split('/');
  return second ? { namespace: first, name: second } : { namespace, name: first };
}

function splitAddress(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at), port: Number(address.slice(at + 1)) };
}
