import { EventEmitter, once } from 'node:events';
import type { Client } from '@temporalio/client';
import type { ObjectKey } from '../../activities/contract.ts';
import { ask } from '../../client/ask.ts';
import {
  reconcileSignal,
  reconcileUpdate,
  taskQueue,
  workflowId,
  workflowTypes,
  type PassReport,
  type ReconciledKind,
  type Wake,
} from '../../workflows/messages.ts';
import type { Burst, Moment, PlannedMessage } from './message-plan.ts';
import { lookAt, lookAtRemote, type Behaviour } from './simulated-activities.ts';

/** An object whose workflow is sent messages, with what became of them. */
export interface Subject {
  readonly workflowId: string;
  readonly behaviour: Behaviour;
  readonly role: Role;
  /** What was sent and how many passes ended. */
  readonly tally: Tally;
  /** Starts the workflow and waits for its first pass. */
  begin(client: Client): Promise<void>;
  /** Sends a burst and waits until the workflow is at rest; what is wrong with the answers is told in words. */
  play(
    client: Client,
    burst: Burst,
  ): Promise<{ readonly window: Window; readonly faults: string[] }>;
}

/** Counts of one object. */
export interface Tally {
  signals: number;
  updates: number;
  /** How often the end of a pass was told; once more where the task that told it had to be done again. */
  ends: number;
}

/** When a burst was played, in milliseconds of the epoch; before and after it the workflow was at rest. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly messages: number;
}

/** What a subject is: of the two Kustomizations one runs all stages, and one is blocked and so takes little time. */
export type Role = 'whole' | 'blocked' | 'source';

/** An object of a role; nothing of it runs yet. */
export function createSubject(key: ObjectKey, role: Role): Subject {
  const kind = role === 'source' ? 'GitRepository' : 'Kustomization';
  const state: State = {
    key,
    kind,
    role,
    id: workflowId(kind, key),
    sent: 0,
    seen: 0,
    begun: 0,
    answered: 0,
    moments: new EventEmitter().setMaxListeners(0),
    tally: { signals: 0, updates: 0, ends: 0 },
  };
  return {
    workflowId: state.id,
    role,
    behaviour: behaviourOf(state),
    tally: state.tally,
    async begin(client) {
      const args = [{ key, trigger: 'spec' }];
      const ended = once(state.moments, 'end');
      await client.workflow.start(workflowTypes[kind], { workflowId: state.id, taskQueue, args });
      await ended;
      await untilAtRest(client, state);
    },
    play: (client, burst) => play(state, client, burst),
  };
}

interface State {
  readonly key: ObjectKey;
  readonly kind: ReconciledKind;
  readonly role: Role;
  readonly id: string;
  /** Messages are numbered: the last one that was sent, and that was sent when the last look and the last pass began. */
  sent: number;
  seen: number;
  begun: number;
  /** The last one that a pass has answered. */
  answered: number;
  readonly moments: EventEmitter;
  readonly tally: Tally;
}

function behaviourOf(state: State): Behaviour {
  const look = (): string => {
    state.seen = state.sent;
    if (state.role !== 'whole') state.begun = state.seen;
    state.moments.emit('look');
    return `main@sha1:${state.seen}`;
  };
  const end = (isAnswer: boolean): void => {
    if (isAnswer) state.answered = state.begun;
    state.tally.ends++;
    state.moments.emit('end');
  };
  if (state.role === 'source') {
    return {
      lookAtSource: () => lookAtRemote(look()),
      fetchSource: (_key, { revision = '' }) => {
        end(true);
        return { revision, digest: 'sha256:1', size: 1, changed: true };
      },
    };
  }
  const verdict = state.role === 'blocked' ? 'rejected' : 'idle';
  return {
    observe: () => {
      const why = look();
      // The artifact stays the same: what is answered is answered because of the message alone.
      return lookAt('main@sha1:0', { verdict, why, reason: why });
    },
    fetch: () => {
      state.begun = state.seen;
      return { files: 1, bytes: 1, cached: true };
    },
    // The pass that a message ended early is no answer to it.
    conclude: (_key, { result }) => {
      end(result !== 'canceled');
    },
  };
}

async function play(
  state: State,
  client: Client,
  burst: Burst,
): Promise<{ window: Window; faults: string[] }> {
  const from = Date.now();
  const wrong = await Promise.all(burst.map((message) => send(state, client, message)));
  const faults = wrong.flatMap((fault) => fault ?? []);
  await untilAnswered(state).catch((error: unknown) => faults.push(String(error)));
  await untilAtRest(client, state);
  return { window: { from, to: Date.now(), messages: burst.length }, faults };
}

async function untilAnswered(state: State): Promise<void> {
  const { sent } = state;
  for (const deadline = Date.now() + patienceMs; state.answered < sent;) {
    if (Date.now() > deadline) {
      throw new Error(`${state.id}: no pass began after message ${sent}, but ${state.answered}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const patienceMs = 120_000;

/** Temporal starts a run no sooner than a second after its predecessor, and its timers are up to a second late. */
const restMs = 2500;

/** Waits until nothing has happened for longer than a run that is to begin takes for it. */
async function untilAtRest(client: Client, { id }: State): Promise<void> {
  const handle = client.workflow.getHandle(id);
  for (let last = ''; ;) {
    const { runId, historyLength, raw } = await handle.describe();
    const now = `${runId} ${historyLength}`;
    if (now === last && !raw.pendingWorkflowTask) return;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
}

/** Sends one message when its moment has come; tells what is wrong with the answer. */
async function send(
  state: State,
  client: Client,
  { way, trigger: wanted, moment }: PlannedMessage,
): Promise<string | undefined> {
  if (moment) await momentOf(state, moment);
  // Drift of what is blocked is not corrected.
  const trigger = state.role === 'blocked' && wanted === 'drift' ? 'config' : wanted;
  const number = ++state.sent;
  const wake: Wake = { reason: `message ${number}`, ...(trigger ? { trigger } : {}) };
  const handle = client.workflow.getHandle(state.id);
  if (way === 'update') {
    state.tally.updates++;
    const report = await ask(handle, reconcileUpdate.name, wake);
    return wrongReport(state, number, report);
  }
  state.tally.signals++;
  if (way === 'signal') {
    await handle.signal(reconcileSignal, wake);
    return undefined;
  }
  await startWith(client, state, wake);
  return undefined;
}

/** The report is that of a pass that looked after the message was sent. */
function wrongReport(
  { id, answered }: State,
  number: number,
  report: PassReport,
): string | undefined {
  const said = /main@sha1:(\d+)/.exec(`${report.reason} ${report.revision ?? ''}`)?.[1];
  if (said === '0' ? answered >= number : Number(said) >= number) return undefined;
  return `${id}: update ${number} was answered by a pass that began earlier: ${JSON.stringify(report)}`;
}

async function momentOf({ moments }: State, { after, delayMs }: Moment): Promise<void> {
  if (after !== 'send') await once(moments, after);
  await new Promise((resolve) => setTimeout(resolve, delayMs));
}

async function startWith(client: Client, { kind, key, id }: State, wake: Wake): Promise<void> {
  await client.workflow.signalWithStart(workflowTypes[kind], {
    workflowId: id,
    taskQueue,
    args: [{ key, trigger: 'start' }],
    signal: reconcileSignal,
    signalArgs: [wake],
  });
}
