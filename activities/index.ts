import { Context } from '@temporalio/activity';
import { applyObjects } from './apply/apply-objects.ts';
import { compareObjects, type CompareTools } from './apply/compare-objects.ts';
import type { ApplyOptions, ApplyTools } from './apply/opening.ts';
import { createStandings } from './apply/standing.ts';
import type { Cluster } from './cluster/client.ts';
import {
  kustomizationRef,
  loadForPass,
  type LoadedKustomization,
} from './cluster/kustomizations.ts';
import type { PassTools } from './cluster/pass-tools.ts';
import type { RenderedObjects } from './cluster/rendered.ts';
import { readingOnce } from './cluster/reading-once.ts';
import { readSource } from './cluster/source.ts';
import { resume } from './cluster/suspension.ts';
import { createTargets, type TargetPolicy } from './cluster/targets.ts';
import type { Activities, ObjectKey, Outcome, Pass } from './contract.ts';
import type { ArtifactCache } from './fetch/artifact-cache.ts';
import { fetchArtifact, withArtifact, type Supply } from './fetch/fetch-artifact.ts';
import { createOciActivities } from './fetch/oci/oci-activities.ts';
import { createSourceActivities, type SourceDeps, type Spread } from './fetch/source-activities.ts';
import { bySourceKind } from './fetch/source-kinds.ts';
import { checkHealth, unhealthy } from './health/check-health.ts';
import { alive } from './heartbeat.ts';
import { pruneAll } from './prune/prune-all.ts';
import { pruneStale } from './prune/prune-stale.ts';
import type { Closures } from './render/closure.ts';
import { inputsDigest, type InputSources } from './render/inputs.ts';
import { reported, type Listeners } from './report.ts';
import { renderManifests } from './render/render-manifests.ts';
import { renderedObjects } from './render/rendered-objects.ts';
import type { Renderer } from './render/renderer.ts';
import { conclude, progress, tellHealthWait } from './status/conclude.ts';
import { finalize } from './status/finalize.ts';
import { observe } from './status/observe.ts';
import { rechecking } from './status/recheck.ts';
import type { ObservePolicy } from './status/refusal.ts';

/** What the activities work with: one cluster, the caches of this worker, and the renderer. */
export interface ActivityDeps extends SourceDeps, Spread, Listeners {
  readonly cluster: Cluster;
  readonly artifacts: ArtifactCache;
  readonly closures: Closures;
  readonly renderer: Renderer;
  /** Holds age keys for whoever names no keys of their own. */
  readonly ageSecret: ObjectKey | undefined;
  /** The deletion budget of Kustomizations that set none. */
  readonly maxDeletions: string | undefined;
  /** What the platform team allows. */
  readonly policy: TargetPolicy & Omit<ObservePolicy, 'reportOnly' | 'jitterPercent'>;
  readonly applyOptions: ApplyOptions;
  /** Retries of a download, after which the pass fails. */
  readonly httpRetry: number;
  /** Ends a health wait when something has failed for good. */
  readonly failFast: boolean;
  /** Fails a build for a variable that is not set. */
  readonly strictSubstitution: boolean;
}

/** All activities of a worker, which tell what happens. */
export function createActivities(deps: ActivityDeps): Activities {
  return reported(stagesOf(deps), deps);
}

/** The stages in the order of a pass. */
function stagesOf(deps: ActivityDeps): Activities {
  const { cluster, artifacts, reportOnly, jitterPercent } = deps;
  const policy = { ...deps.policy, reportOnly, jitterPercent };
  const load = (pass: Pass): ReturnType<typeof loadForPass> => loadForPass(cluster, pass);
  // Rendered objects stay on the worker that rendered them; another worker renders again and gets the same digest.
  const render = renderedObjects({ ...deps, load });
  const supplied = supplier(deps);
  const rendered: RenderedObjects = async (pass, known) => {
    const loaded = known ?? (await load(pass));
    return supplied(pass, loaded, () => render(pass, loaded));
  };
  const targets = createTargets(cluster, deps.policy);
  const target: PassTools['target'] = (loaded, pass) => targets.open(loaded, pass.key);
  const tools = { cluster, target, rendered, load };
  const applying = { ...tools, options: deps.applyOptions, standings: createStandings() };
  const { closures, ageSecret } = deps;
  const sources = { cluster, closures, ageSecret };
  return {
    observe: (key) => observe(cluster, key, policy),
    ...comparisonsOf(deps, { policy, sources, applying }),
    fetch: alive(async (pass: Pass) => {
      const { revision } = pass.artifact;
      const loaded = await load(pass);
      const message = `Fetching manifests for revision ${revision}`;
      await progress(cluster, pass, loaded, { message });
      const fetched = await supplied(pass, loaded, () => fetchArtifact(artifacts, pass));
      const digest = await inputsDigest(sources, pass, loaded);
      return digest === undefined ? fetched : { ...fetched, inputs: digest };
    }),
    render: alive((pass: Pass) => renderManifests(rendered, pass)),
    apply: alive((pass: Pass) => applyObjects(applying, pass)),
    health: alive(
      (pass: Pass) => {
        const { cancellationSignal: signal } = Context.current();
        const waiting = (): Promise<void> => tellHealthWait(cluster, pass);
        return checkHealth({ ...tools, signal, waiting, failFast: deps.failFast }, pass);
      },
      { waits: true },
    ),
    prune: alive((pass: Pass) => pruneStale(tools, deps.maxDeletions, pass)),
    resume: (kind, key, until) => resume(cluster, kind, key, until),
    conclude: (key, outcome) => conclude(cluster, key, outcome),
    finalize: alive((key: ObjectKey) =>
      finalize(cluster, (loaded) => pruneAll({ cluster, targets }, loaded, key), key),
    ),
    ...bySourceKind({
      GitRepository: createSourceActivities(deps),
      OCIRepository: createOciActivities(deps),
    }),
  };
}

interface ComparisonParts {
  readonly policy: ObservePolicy;
  readonly sources: InputSources;
  readonly applying: ApplyTools;
}

/** What finds out whether a pass would change anything. */
function comparisonsOf(
  { cluster }: ActivityDeps,
  { policy, sources, applying }: ComparisonParts,
): Pick<Activities, 'inputs' | 'compare' | 'recheck'> {
  const comparing =
    (load: PassTools['load']): Activities['compare'] =>
    (pass, inputs) => {
      const tools = { ...applying, load };
      const { cancellationSignal: signal } = Context.current();
      const sick: CompareTools['unhealthy'] = (each, opened) =>
        unhealthy({ ...tools, signal }, each, opened);
      const now: CompareTools['inputs'] = (each, loaded) => inputsDigest(sources, each, loaded);
      return compareObjects({ ...tools, inputs: now, unhealthy: sick }, pass, inputs);
    };
  return {
    inputs: async (pass) => (await inputsDigest(sources, pass, await applying.load(pass))) ?? null,
    compare: alive(comparing(applying.load)),
    recheck: alive((pass: Pass, inputs: string, outcome: Outcome) => {
      // The steps follow each other at once, and one read of the Kustomization serves them all.
      const seen = readingOnce(cluster, kustomizationRef(pass.key));
      const recheck = rechecking({
        observe: (key) => observe(seen, key, policy),
        compare: comparing((each) => loadForPass(seen, each)),
        conclude: (key, ended) => conclude(seen, key, ended),
      });
      return recheck(pass, inputs, outcome);
    }),
  };
}

type Supplied = <T>(pass: Pass, loaded: LoadedKustomization, work: () => Promise<T>) => Promise<T>;

/** Gives up an artifact that can not be had as soon as the source of the pass has another one. */
function supplier({ cluster, httpRetry }: ActivityDeps): Supplied {
  return (pass, { spec }, work) => {
    const { attempt } = Context.current().info;
    const current: Supply['current'] = async () =>
      (await readSource(cluster, spec.sourceRef, pass.key.namespace)).artifact;
    return withArtifact(pass, { attempt, httpRetry, current }, work);
  };
}
