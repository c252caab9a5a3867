import { unsupportedFields } from '../../api/index.ts';
import { budgetOf } from '../cluster/deletion-budget.ts';
import { healthExpressions } from '../cluster/health-expressions.ts';
import { ignoreRules } from '../cluster/spec-ignore.ts';
import type { LoadedKustomization } from '../cluster/kustomizations.ts';
import type { ObjectKey } from '../contract.ts';
import { readyExpression } from './dependencies.ts';

/** What the platform team says of how specs are read. */
export interface ObservePolicy {
  /** Refuses a source or a dependency of another namespace; Flux's flag --no-cross-namespace-refs. */
  readonly noCrossNamespaceRefs: boolean;
  /** Writes nothing for any object, as the annotation sluice.dev/mode: report does for one. */
  readonly reportOnly: boolean;
  /** Lets repeated failures be retried ever later; Flux's fixed interval where false. */
  readonly retryBackoff: boolean;
  /** When to look again at what is missing, should no event tell of it; Flux's flag --requeue-dependency. */
  readonly requeueDependencyMs: number;
  /** By how many per cent intervals are spread; Flux's flag --interval-jitter-percentage. */
  readonly jitterPercent: number;
  /** Accepts ExternalArtifacts as sources. */
  readonly externalArtifacts: boolean;
  /** Lets a readyExpr count beside the ready condition, not in its place. */
  readonly additiveReadyExpr: boolean;
  /** Lets news end a health wait. */
  readonly newsEndsHealthWait: boolean;
}

/** Why a spec is not worked on at all, until it is changed. */
export interface Refusal {
  readonly reason:
    | 'UnsupportedField'
    | 'AccessDenied'
    | 'InvalidCELExpression'
    | 'InvalidSpec'
    | 'InvalidAnnotation';
  readonly why: string;
}

/** Says what in a spec only its author can mend; undefined where it can be worked on. */
export function refusalOf(
  { object, spec }: LoadedKustomization,
  key: ObjectKey,
  policy: Pick<ObservePolicy, 'noCrossNamespaceRefs' | 'externalArtifacts'>,
): Refusal | undefined {
  const fields = unsupportedFields(object);
  if (fields.length > 0) {
    const why = `not supported yet: ${fields.join(', ')}; remove the field or wait for a version that has it`;
    return { reason: 'UnsupportedField', why };
  }
  const denied = deniedSource(spec, key, policy);
  if (denied !== undefined) return { reason: 'AccessDenied', why: denied };
  const expression = faultOf(() => {
    healthExpressions(spec.healthCheckExprs);
    for (const { readyExpr } of spec.dependsOn ?? []) if (readyExpr) readyExpression(readyExpr);
  });
  if (expression !== undefined) return { reason: 'InvalidCELExpression', why: expression };
  const ignore = faultOf(() => ignoreRules(spec.ignore));
  if (ignore !== undefined) return { reason: 'InvalidSpec', why: ignore };
  // Without prune nothing is deleted, and a budget has nothing to say.
  const budget = spec.prune ? faultOf(() => budgetOf(object, undefined)) : undefined;
  return budget === undefined ? undefined : { reason: 'InvalidAnnotation', why: budget };
}

function deniedSource(
  spec: LoadedKustomization['spec'],
  key: ObjectKey,
  { noCrossNamespaceRefs, externalArtifacts }: Parameters<typeof refusalOf>[2],
): string | undefined {
  const { kind, namespace = key.namespace, name } = spec.sourceRef;
  if (kind === 'ExternalArtifact' && !externalArtifacts) {
    const title = `${kind}/${namespace}/${name}`;
    return `can't access '${title}', the feature gate ExternalArtifact is not enabled`;
  }
  const others = [
    { kind, namespace, name },
    ...(spec.dependsOn ?? []).map((one) => ({
      kind: 'Kustomization',
      namespace: key.namespace,
      ...one,
    })),
  ].filter((ref) => ref.namespace !== key.namespace);
  const [foreign] = others;
  if (!noCrossNamespaceRefs || !foreign) return undefined;
  const title = `${foreign.kind}/${foreign.namespace}/${foreign.name}`;
  return `can't access '${title}', cross-namespace references have been blocked`;
}

function faultOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
