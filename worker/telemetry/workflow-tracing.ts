import {
  defaultPayloadConverter,
  proxySinks,
  workflowInfo,
  type Headers,
  type Sinks,
  type WorkflowInterceptorsFactory,
} from '@temporalio/workflow';
import type { SourceLook } from '../../activities/contract.ts';
import {
  isCarrier,
  parseTraceparent,
  traceHeader,
  traceparentOf,
  type SpanIds,
  type TraceCarrier,
} from '../../client/telemetry/trace-header.ts';
import { attributes } from '../../workflows/messages.ts';

/** A pass that has ended, for the worker to make a span of. Times are milliseconds of the epoch. */
export interface EndedPass {
  readonly ids: SpanIds;
  readonly parent?: SpanIds;
  readonly undecided: boolean;
  readonly begun: number;
  readonly ended: number;
  readonly trigger: string;
  readonly revision: string;
  /** The arguments of the activity that told how it ended. */
  readonly told: readonly unknown[];
  readonly failed: boolean;
}

/** How ended passes leave the sandbox. */
export interface TraceSinks extends Sinks {
  readonly sluiceTraces: { ended(pass: EndedPass): void };
}

/**
 * Carries the trace of a signal through the workflow to the activities of the next pass, over continue-as-new if need be; a pass that no
 * signal caused begins a trace of its own. It adds headers alone: no command, and no turn of the event loop, depends on it. Identifiers
 * follow from the run's, so that a replay gives the same.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  const passes = openPasses();
  return {
    inbound: [
      {
        execute(input, next) {
          passes.causedBy(input.headers);
          return next(input);
        },
        handleSignal(input, next) {
          passes.causedBy(input.headers);
          return next(input);
        },
        handleUpdate(input, next) {
          passes.causedBy(input.headers);
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity(input, next) {
          const { activityType: type, args } = input;
          const headers = { ...input.headers, ...passes.header(type) };
          return passes.watch(type, args, next({ ...input, headers }));
        },
        scheduleLocalActivity(input, next) {
          const { activityType: type, args } = input;
          const headers = { ...input.headers, ...passes.header(type) };
          return passes.watch(type, args, next({ ...input, headers }));
        },
        startTimer(input, next) {
          passes.rests();
          return next(input);
        },
        continueAsNew: (input, next) =>
          next({ ...input, headers: { ...input.headers, ...passes.handOn() } }),
      },
    ],
  };
};

interface Pass {
  readonly ids: SpanIds;
  readonly parent: SpanIds | undefined;
  readonly begun: number;
}

interface Passes {
  causedBy(headers: Headers): void;
  /** Header of an activity; opens a pass where the activity begins one. */
  header(type: string): Headers;
  /** Ends the pass with the activity that ends it; gives its promise back as it is. */
  watch(type: string, args: readonly unknown[], result: Promise<unknown>): Promise<unknown>;
  /** The workflow goes to sleep: a signal that was looked at has brought nothing about, and causes nothing later. */
  rests(): void;
  /** What the next run is told. */
  handOn(): Headers;
}

function openPasses(): Passes {
  const { sluiceTraces } = proxySinks<TraceSinks>();
  let cause: SpanIds | undefined;
  let seen: SpanIds | undefined;
  let pass: Pass | undefined;
  let count = 0;
  const end = (told: readonly unknown[], failed: boolean): void => {
    if (!pass) return;
    const { ids, parent, begun } = pass;
    pass = undefined;
    const facts = { undecided: !parent, begun, ended: Date.now(), told, failed };
    sluiceTraces.ended({ ids, ...(parent ? { parent } : {}), ...facts, ...causeOfRun() });
  };
  return {
    causedBy(headers) {
      cause = contextIn(headers) ?? cause;
    },
    header(type) {
      if (!pass && !opens(type, cause !== undefined)) {
        seen = cause;
        return {};
      }
      pass ??= newPass(cause, ++count);
      cause = undefined;
      return headerOf(pass.ids, !pass.parent);
    },
    watch(type, args, result) {
      const ending = endings[type];
      const settle = (value: unknown, failed: boolean): void => {
        if (ending?.(value, failed)) end(args, failed);
      };
      if (ending) {
        result.then(
          (value) => {
            settle(value, false);
          },
          () => {
            settle(undefined, true);
          },
        );
      }
      return result;
    },
    rests() {
      if (!pass && cause === seen) cause = undefined;
    },
    handOn: () => (cause ? headerOf(cause, false) : {}),
  };
}

/** Polls that nobody asked for begin no trace, nor does a look of a Kustomization. */
function opens(type: string, asked: boolean): boolean {
  if (type === 'lookAtSource') return asked;
  return type in endings || type === 'fetch';
}

/** The activities that a pass can end with, and whether it does with this result. */
const endings: Readonly<Record<string, (result: unknown, failed: boolean) => boolean>> = {
  conclude: () => true,
  finalize: (_, failed) => !failed,
  concludeSource: () => true,
  finalizeSource: () => true,
  fetchSource: (_, failed) => !failed,
  lookAtSource: (look, failed) => !failed && !goesOn(look as Partial<SourceLook>),
};

/** After such a look of a source another activity ends the pass. */
function goesOn({ verdict, requestedAt }: Partial<SourceLook>): boolean {
  const further: readonly SourceLook['verdict'][] = ['fetch', 'rejected', 'deleted'];
  if (verdict === undefined) return false;
  return further.includes(verdict) || (verdict === 'idle' && requestedAt !== undefined);
}

/** The last digits of a run id are random in all its versions. */
function newPass(cause: SpanIds | undefined, count: number): Pass {
  const run = workflowInfo().runId.replaceAll('-', '').slice(0, 28);
  const number = count.toString(16).padStart(4, '0').slice(-4);
  const traceId = cause?.traceId ?? `${run}${number}`;
  const ids = { traceId, spanId: `${run.slice(16)}${number}`, sampled: cause?.sampled ?? true };
  return { ids, parent: cause, begun: Date.now() };
}

/** Only in here the search attributes of a run are told as they are now. */
function causeOfRun(): Pick<EndedPass, 'trigger' | 'revision'> {
  const { typedSearchAttributes: found } = workflowInfo();
  const [trigger = '', revision = ''] = [attributes.trigger, attributes.revision].map((key) =>
    found.get(key),
  );
  return { trigger, revision };
}

function headerOf(ids: SpanIds, undecided: boolean): Headers {
  const carrier: TraceCarrier = {
    traceparent: traceparentOf(ids),
    ...(undecided ? { undecided } : {}),
  };
  return { [traceHeader]: defaultPayloadConverter.toPayload(carrier) };
}

function contextIn({ [traceHeader]: payload }: Headers): SpanIds | undefined {
  if (!payload) return undefined;
  const carrier: unknown = defaultPayloadConverter.fromPayload(payload);
  return isCarrier(carrier) ? parseTraceparent(carrier.traceparent) : undefined;
}
