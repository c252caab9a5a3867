import { z } from 'zod';
import { Condition, Receiver } from '../../api/index.ts';
import { withConditions, type WantedCondition } from '../../activities/cluster/conditions.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { record, text } from '../../activities/cluster/untyped.ts';
import type { ObjectKey } from '../../activities/contract.ts';
import { compileExpressions, type Expressions } from './expressions.ts';
import { webhookPath, type Hook } from './hook.ts';

/** How a Receiver has to stand: what serves its path, what its status says, and what is worth an event. */
export interface Assessment {
  /** Absent where it has no path. */
  readonly hook: Hook | undefined;
  /** What the status lacks; absent where nothing. */
  readonly status?: Readonly<Record<string, unknown>> | undefined;
  readonly event?: {
    readonly type: 'Normal' | 'Warning';
    readonly reason: string;
    readonly message: string;
  };
}

/** The Secret of a Receiver: its values, or in words why they can not be read. */
export type SecretRead =
  | { readonly values: Readonly<Record<string, string>>; readonly why?: never }
  | { readonly why: string };

/** The annotation that narrows a Receiver to the repositories that a push speaks of, and its only value. */
export const matchAnnotation = { name: 'sluice.dev/match', value: 'url' } as const;

/**
 * Compares a Receiver with its Secret. Nothing is read and nothing is written: the same object and Secret give the same answer, whoever
 * asks. Reasons and conditions are those of Flux's notification-controller.
 */
export function assess(object: KubeObject, secret: SecretRead, now: string): Assessment {
  const seen = seenOf(object);
  const parsed = Receiver.safeParse(object);
  if (record(object['spec'])['suspend'] === true) {
    return { hook: closed(seen), status: changedStatus(seen, handledOf(seen)) };
  }
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return stalled(seen, 'ValidationFailed', faults.join('; '), now);
  }
  const { spec } = parsed.data;
  const fault = mixOf(spec);
  if (fault) return stalled(seen, 'ValidationFailed', fault, now);
  let expressions: Expressions;
  try {
    expressions = compileExpressions(spec);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return stalled(seen, 'InvalidCELExpression', message, now);
  }
  const read = spec.type === 'generic-oidc' ? { values: {}, token: '' } : withToken(spec, secret);
  if (read.why !== undefined) return withoutToken(seen, read.why, now);
  return ready(seen, { spec, expressions, secret: read.values, token: read.token }, now);
}

/** What of the object and its status decides. */
interface Seen {
  readonly object: KubeObject;
  readonly key: ObjectKey;
  readonly conditions: readonly Condition[];
  readonly path: string;
  readonly observedGeneration: unknown;
  readonly handledAt: string;
  readonly requestedAt: string | undefined;
}

function seenOf(object: KubeObject): Seen {
  const { name, namespace = '', annotations = {} } = object.metadata;
  const status = record(object['status']);
  return {
    object,
    key: { name, namespace },
    conditions: z.array(Condition).safeParse(status['conditions']).data ?? [],
    path: text(status['webhookPath']),
    observedGeneration: status['observedGeneration'],
    handledAt: text(status['lastHandledReconcileAt']),
    requestedAt: annotations['reconcile.fluxcd.io/requestedAt'],
  };
}

/** A path that is there and refuses: whoever posts to it learns that it is not for ever. */
function closed({ key, path, object }: Seen): Hook | undefined {
  const createdAt = object.metadata.creationTimestamp ?? '';
  return path === '' ? undefined : { key, path, createdAt, open: undefined };
}

function mixOf({ type, oidcProviders = [], secretRef }: Receiver['spec']): string | undefined {
  const names = oidcProviders.length > 0;
  if (type !== 'generic-oidc') {
    if (names) return 'spec.oidcProviders go with the type generic-oidc alone';
    return secretRef ? undefined : `the type ${type} needs a spec.secretRef`;
  }
  if (!names) return 'the type generic-oidc needs at least one of spec.oidcProviders';
  if (secretRef) return 'the type generic-oidc takes no spec.secretRef';
  const issuers = oidcProviders.map(({ issuerURL }) => issuerURL);
  const twice = issuers.find((issuer, at) => issuers.indexOf(issuer) !== at);
  return twice && `spec.oidcProviders names the issuer ${twice} twice`;
}

function withToken(
  { secretRef }: Receiver['spec'],
  secret: SecretRead,
): { values: Readonly<Record<string, string>>; token: string; why?: never } | { why: string } {
  if (secret.why !== undefined) return { why: secret.why };
  const { values } = secret;
  const token = values['token'] ?? '';
  if (token !== '') return { values, token };
  // Without a token everybody could make the path, and every signature.
  const fault = 'token' in values ? 'an empty token' : 'no token';
  return {
    why: `Secret ${secretRef?.name ?? ''} has ${fault}: set its key token to a random text`,
  };
}

function stalled(seen: Seen, reason: string, fault: string, now: string): Assessment {
  const message = `the Receiver can not work until it is changed: ${fault}`;
  const conditions: WantedCondition[] = [
    { type: 'Ready', status: 'False', reason, message },
    { type: 'Stalled', status: 'True', reason, message },
  ];
  const { generation } = seen.object.metadata;
  const wanted = {
    conditions,
    remove: ['Reconciling'],
    fields: { observedGeneration: generation },
  };
  const status = statusOf(seen, wanted, now);
  const event = { type: 'Warning', reason, message } as const;
  return { hook: closed(seen), status, ...(status ? { event } : {}) };
}

function withoutToken(seen: Seen, message: string, now: string): Assessment {
  const conditions: WantedCondition[] = [
    { type: 'Ready', status: 'False', reason: 'TokenNotFound', message },
    { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message },
  ];
  const fields = seen.path === '' ? {} : { webhookPath: null };
  const status = statusOf(seen, { conditions, remove: ['Stalled'], fields }, now);
  const event = { type: 'Warning', reason: 'Failed', message } as const;
  return { hook: undefined, status, ...(status ? { event } : {}) };
}

interface Parts {
  readonly spec: Receiver['spec'];
  readonly expressions: Expressions;
  readonly secret: Readonly<Record<string, string>>;
  readonly token: string;
}

function ready(seen: Seen, { spec, expressions, secret, token }: Parts, now: string): Assessment {
  const { key, object } = seen;
  const { annotations = {}, creationTimestamp = '', generation } = object.metadata;
  const path = webhookPath(token, key);
  const message = `takes webhooks at ${path}`;
  const conditions: WantedCondition[] = [
    { type: 'Ready', status: 'True', reason: 'Succeeded', message },
  ];
  const fields = { observedGeneration: generation, webhookPath: path };
  const status = statusOf(seen, { conditions, remove: ['Reconciling', 'Stalled'], fields }, now);
  const matchesUrl = annotations[matchAnnotation.name] === matchAnnotation.value;
  const open = { spec, secret, expressions, matchesUrl };
  const event = {
    type: 'Normal',
    reason: 'Succeeded',
    message: `Takes webhooks; compared with its Secret again in ${spec.interval}`,
  } as const;
  const hook = { key, path, createdAt: creationTimestamp, open };
  return { hook, status, ...(status ? { event } : {}) };
}

interface Wanted {
  readonly conditions: readonly WantedCondition[];
  readonly remove: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;
}

function statusOf(
  seen: Seen,
  { conditions, remove, fields }: Wanted,
  now: string,
): Assessment['status'] {
  const generation = seen.object.metadata.generation ?? 0;
  const next = withConditions(seen.conditions, conditions, remove, { generation, now });
  const sameConditions =
    JSON.stringify(next.map(fixed)) === JSON.stringify(seen.conditions.map(fixed));
  return changedStatus(seen, {
    ...(sameConditions ? {} : { conditions: next }),
    ...fields,
    ...handledOf(seen),
  });
}

/** A condition in an order of its own: the API server keeps another one. */
function fixed({ type, status, reason, message, observedGeneration }: Condition): unknown[] {
  return [type, status, reason, message, observedGeneration];
}

function handledOf({ requestedAt }: Seen): Readonly<Record<string, unknown>> {
  return requestedAt === undefined ? {} : { lastHandledReconcileAt: requestedAt };
}

function changedStatus(
  seen: Seen,
  wanted: Readonly<Record<string, unknown>>,
): Assessment['status'] {
  const before: Record<string, unknown> = {
    webhookPath: seen.path,
    observedGeneration: seen.observedGeneration,
    lastHandledReconcileAt: seen.handledAt,
  };
  const changed = Object.entries(wanted).filter(([name, value]) => before[name] !== value);
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}
