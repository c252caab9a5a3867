import { ApiError, isTransient } from '../cluster/api-error.ts';
import type { Cluster } from '../cluster/client.ts';
import { healthExpressions, type ExpressionStatus } from '../cluster/health-expressions.ts';
import { mapLimited } from '../cluster/limit.ts';
import { describeRef } from '../cluster/object.ts';
import type { Opened, PassTools } from '../cluster/pass-tools.ts';
import { statusOf, type ObjectStatus } from '../cluster/status.ts';
import type { HealthReport, Pass } from '../contract.ts';
import { fail } from '../failures.ts';
import { crashingPod } from './crash-loop.ts';
import { subjectsOf, type Subject } from './subjects.ts';

/** What the health stage works with; the signal ends the wait. */
export interface HealthTools extends PassTools {
  readonly signal: AbortSignal;
  /** Told once, when there is something to wait for. */
  readonly waiting: () => Promise<void>;
  /** Ends the wait when something has failed for good, instead of at the time-out. */
  readonly failFast: boolean;
}

/**
 * The health stage: waits until everything that is to be checked is current. Fails with HealthCheckFailed as soon as something has failed
 * for good, where that is wanted, or at the time-out, naming what is pending. An API server that is away for a while is waited for.
 */
export async function checkHealth(tools: HealthTools, pass: Pass): Promise<HealthReport> {
  const begun = Date.now();
  const loaded = await tools.load(pass);
  const target = await tools.target(loaded, pass);
  const { view, subjects, all } = await openView(tools, pass, { loaded, target });
  let pending = all;
  const took = (): string =>
    `health check failed after ${Math.round((Date.now() - begun) / 1000)}s`;
  for (
    let pauseMs = firstPauseMs;
    pending.length > 0;
    pauseMs = Math.min(1.5 * pauseMs, maxPauseMs)
  ) {
    pending = await look(view, pending);
    const dead = pending.filter(({ status }) => status === 'Failed');
    if (dead.length > 0 && tools.failFast) {
      const resources = describe(dead);
      throw fail(
        'HealthCheckFailed',
        `${took()}: failed early due to stalled resources: ${resources}`,
      );
    }
    if (pending.length === 0) break;
    if (Date.now() - begun > pass.timeoutMs) {
      throw fail('HealthCheckFailed', `${took()}: timeout waiting for: ${describe(pending)}`);
    }
    if (pauseMs === firstPauseMs) await tools.waiting();
    await pause(pauseMs, tools.signal);
  }
  return { checked: subjects.length, durationMs: Date.now() - begun };
}

/** What is not healthy at one look, in words; undefined where everything is current, and where nothing is to be checked. */
export async function unhealthy(
  tools: LookTools,
  pass: Pass,
  opened: Opened,
): Promise<string | undefined> {
  const { view, all } = await openView(tools, pass, opened);
  const pending = await look(view, all);
  return pending.length === 0 ? undefined : `not healthy: ${describe(pending)}`;
}

type LookTools = PassTools & Pick<HealthTools, 'signal'>;

async function openView(
  tools: LookTools,
  pass: Pass,
  { loaded, target }: Opened,
): Promise<{ view: View; subjects: readonly Subject[]; all: Finding[] }> {
  const subjects = await subjectsOf(tools, target, loaded, pass);
  const byExpression = healthExpressions(loaded.spec.healthCheckExprs);
  const view = { cluster: target, byExpression, signal: tools.signal };
  return { view, subjects, all: subjects.map((subject) => ({ subject, ...unseen })) };
}

/** How the subjects are looked at. */
interface View {
  readonly cluster: Cluster;
  readonly byExpression: ExpressionStatus;
  readonly signal: AbortSignal;
}

interface Finding extends ObjectStatus {
  readonly subject: Subject;
}

const unseen: ObjectStatus = { status: 'Unknown', message: 'it was not looked at yet' };
const firstPauseMs = 200;
const maxPauseMs = 2000;
const concurrency = 8;

/** Looks at what is pending, and gives what still is. */
async function look(view: View, pending: readonly Finding[]): Promise<Finding[]> {
  const findings = await mapLimited(pending, concurrency, async (before) => {
    try {
      return { subject: before.subject, ...(await examine(view, before.subject)) };
    } catch (error) {
      if (isTransient(error)) return before;
      if (!(error instanceof ApiError)) throw error;
      const what = `${describeRef(before.subject.ref)} can not be looked at`;
      throw fail('HealthCheckFailed', `${what} (${error.reason}): ${error.message}`);
    }
  });
  return findings.filter(({ status }) => status !== 'Current');
}

async function examine(
  { cluster, byExpression, signal }: View,
  { ref, mayBeGone }: Subject,
): Promise<ObjectStatus> {
  const object = await cluster.get(ref, signal);
  if (!object) {
    const message = 'it is not there';
    return { status: mayBeGone ? 'Current' : 'NotFound', message };
  }
  const told = byExpression(object);
  if (told) return told;
  const status = statusOf(object);
  if (status.status !== 'InProgress') return status;
  const crash = await crashingPod(cluster, object, signal);
  return crash === undefined ? status : { status: 'Failed', message: crash };
}

const maxNamed = 20;

function describe(findings: readonly Finding[]): string {
  const named = findings
    .slice(0, maxNamed)
    .map(
      ({ subject, status, message }) =>
        `${describeRef(subject.ref)} status: '${status}' (${message})`,
    );
  const more = findings.length - named.length;
  return `[${[...named, ...(more > 0 ? [`and ${more} more`] : [])].join(', ')}]`;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new Error('the wait was ended'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
