import type { BooleanExpression } from '../../activities/cluster/cel.ts';
import type { Cluster } from '../../activities/cluster/client.ts';
import { describeRef, refOf, type KubeObject } from '../../activities/cluster/object.ts';
import type { Log } from '../log.ts';
import type { Allowance } from './allowance.ts';
import { mediaTypes, Refusal, type Message, type Verified } from './authenticity/message.ts';
import type { TokenTools } from './authenticity/tokens.ts';
import { verify } from './authenticity/verify.ts';
import { nameOf, type Hook, type OpenHook } from './hook.ts';
import { follows, pushOf } from './push.ts';
import { objectsOf, type ResourceRow } from './resources.ts';

/** How a request is answered; the text goes to the sender. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** What a request is handled with. */
export interface HandlerTools extends Omit<TokenTools, 'measured'> {
  readonly cluster: Cluster;
  readonly log: Log;
  readonly noCrossNamespaceRefs: boolean;
  /** Milliseconds that the expressions of each Receiver may take. */
  readonly expressionTime: Allowance;
  /** Asks an object to reconcile, at once or with the next of its turns. */
  readonly ask: (object: KubeObject, why: string) => Promise<void>;
}

/**
 * Verifies a request to a path and asks the objects of its Receiver to reconcile: 503 while it is suspended or not ready, 400 for a request
 * that is not taken, 500 where one of its resources could not be asked, and 200 otherwise, also where no object was meant.
 */
export async function handle(hook: Hook, message: Message, tools: HandlerTools): Promise<Answer> {
  const about = { controllerKind: 'Receiver', ...hook.key };
  const { open } = hook;
  const measured = meter(nameOf(hook.key), tools.expressionTime);
  if (!open) return { status: 503, text: 'the Receiver is suspended or not ready' };
  let verified: Verified;
  try {
    verified = await verify(message, open, { ...tools, measured });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { cause } = error;
    const why = cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
    tools.log.info('webhook refused', { ...about, error: why });
    return { status: 400, text: error.message };
  }
  const request = requestOf(message, verified);
  const call: Call = { hook, open, message, verified, tools, measured, request };
  const rows = open.spec.resources.map((row, at) =>
    askAll(row, open.expressions.filters[at], call),
  );
  const outcomes = await Promise.allSettled(rows);
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
  for (const { reason } of failed) {
    const error = reason instanceof Error ? reason.message : String(reason);
    tools.log.error('webhook failed', { ...about, error });
  }
  if (failed.length > 0)
    return { status: 500, text: 'not every resource of the Receiver could be asked' };
  const asked = outcomes.reduce(
    (sum, one) => sum + (one.status === 'fulfilled' ? one.value : 0),
    0,
  );
  tools.log.debug('webhook taken', { ...about, asked });
  return { status: 200, text: 'ok' };
}

interface Call {
  readonly hook: Hook;
  readonly open: OpenHook;
  readonly message: Message;
  readonly verified: Verified;
  readonly tools: HandlerTools;
  readonly measured: TokenTools['measured'];
  /** What filters read as req. Raises an Error where it was sent as JSON and is none. */
  readonly request: () => unknown;
}

/** Parsed once, and only where there is a filter. */
function requestOf(message: Message, { payload }: Verified): Call['request'] {
  let parsed: { readonly value: unknown } | undefined;
  return () => {
    parsed ??= { value: parse(message, payload) };
    return parsed.value;
  };
}

function parse(message: Message, payload: Buffer): unknown {
  if (!mediaTypes(message).includes('application/json')) return {};
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    throw new Error('the body was sent as JSON and is none, so no filter can read it');
  }
}

/** Asks the objects of one row and tells how many there were. */
async function askAll(
  row: ResourceRow,
  filters: readonly BooleanExpression[] = [],
  call: Call,
): Promise<number> {
  const { hook, open, tools } = call;
  const { cluster, noCrossNamespaceRefs } = tools;
  const narrows = open.matchesUrl && row.kind === 'GitRepository';
  const push = narrows ? pushOf(call.message) : undefined;
  if (narrows && !push) return 0;
  const found = await objectsOf(row, {
    cluster,
    noCrossNamespaceRefs,
    namespace: hook.key.namespace,
    whole: narrows,
  });
  const meant = found
    .filter((object) => !push || follows(object, push))
    .filter((object) => filters.every((filter) => passes(filter, object, call)));
  const why = `webhook of Receiver/${nameOf(hook.key)}`;
  await Promise.all(
    meant.map((object) =>
      tools.ask(object, why).catch((error: unknown) => {
        const cause = error instanceof Error ? error.message : String(error);
        throw new Error(`${describeRef(refOf(object))} could not be asked: ${cause}`);
      }),
    ),
  );
  return meant.length;
}

function passes(filter: BooleanExpression, object: KubeObject, call: Call): boolean {
  const { apiVersion, kind, metadata } = object;
  const { claims } = call.verified;
  const variables = { res: { apiVersion, kind, metadata }, req: call.request() };
  return call.measured(() => filter.evaluate({ ...variables, ...(claims ? { claims } : {}) }));
}

/** One tenant's slow expressions must not hold the bridge up for all. */
function meter(receiver: string, expressionTime: Allowance): TokenTools['measured'] {
  return (work) => {
    const begun = performance.now();
    if (!expressionTime.spend(receiver, 1))
      throw new Error('the expressions of the Receiver have used up their time; make them simpler');
    try {
      return work();
    } finally {
      expressionTime.charge(receiver, performance.now() - begun);
    }
  };
}
