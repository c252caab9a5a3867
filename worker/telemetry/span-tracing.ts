import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import { ApplicationFailure, defaultPayloadConverter, type Headers } from '@temporalio/common';
import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker';
import type { WorkflowInfo } from '@temporalio/workflow';
import type { Outcome } from '../../activities/contract.ts';
import {
  isCarrier,
  parseTraceparent,
  traceHeader,
  type SpanIds,
} from '../../client/telemetry/trace-header.ts';
import { withinTrace } from '../../client/telemetry/current-trace.ts';
import { idsOf, type Tracing } from '../../client/telemetry/tracing.ts';
import type { EndedPass, TraceSinks } from './workflow-tracing.ts';

/** Makes a span of every attempt of an activity that belongs to a traced pass. It holds names, numbers and the failure that Temporal holds too, no arguments and no results. */
export function createActivityTracing(tracing: Tracing): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const parent = parentOf(tracing, input.headers);
        if (!parent) return next(input);
        const { activityType, attempt, workflowExecution } = info;
        const attributes = {
          ...objectOf(workflowExecution?.workflowId),
          'sluice.stage': activityType,
          temporalActivityID: info.activityId,
          'sluice.attempt': attempt,
        };
        const span = tracing.start(activityType, parent, { kind: SpanKind.CONSUMER, attributes });
        try {
          return await withinTrace(idsOf(span), () => next(input));
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
          span.setAttribute('error.type', typeOf(error));
          throw error;
        } finally {
          span.end();
        }
      },
    },
  });
}

/** Makes a span of every pass that a workflow tells of, above those of its activities. */
export function createPassTracing(tracing: Tracing): InjectedSinks<TraceSinks> {
  return {
    sluiceTraces: {
      ended: {
        fn(info, pass) {
          recordPass(tracing, info, pass);
        },
        callDuringReplay: false,
      },
    },
  };
}

function recordPass(tracing: Tracing, info: WorkflowInfo, pass: EndedPass): void {
  const { ids, parent, undecided, begun, ended } = pass;
  if (undecided && !tracing.samples(ids)) return;
  const object = objectOf(info.workflowId);
  const span = tracing.startAs(ids, `sync ${object['sluice.kind'] ?? ''}`, parent, {
    kind: SpanKind.CONSUMER,
    startTime: begun,
    attributes: { ...object, ...runOf(info, pass), ...outcomeOf(pass) },
  });
  const [, outcome] = pass.told as [unknown, Partial<Outcome> | undefined];
  if (pass.failed || isFailure(outcome)) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: outcome?.message ?? '' });
  }
  span.end(ended);
}

function isFailure(outcome: Partial<Outcome> | undefined): boolean {
  return outcome?.result === 'failed' || outcome?.result === 'rejected';
}

function runOf({ runId, workflowId }: WorkflowInfo, { trigger, revision }: EndedPass): Attributes {
  return {
    temporalWorkflowID: workflowId,
    temporalRunID: runId,
    'sluice.trigger': trigger,
    'sluice.revision': revision,
  };
}

function outcomeOf({ told: [, outcome] }: EndedPass): Attributes {
  const { result, reason, revision } = (outcome ?? {}) as Partial<Outcome>;
  return {
    ...(result ? { 'sluice.outcome': result } : {}),
    ...(reason ? { 'sluice.reason': reason } : {}),
    ...(revision ? { 'sluice.revision': revision } : {}),
  };
}

/** Nothing for an activity of a pass that is not traced, or that the sampler leaves out. */
function parentOf(tracing: Tracing, { [traceHeader]: payload }: Headers): SpanIds | undefined {
  if (!payload) return undefined;
  const carrier: unknown = defaultPayloadConverter.fromPayload(payload);
  if (!isCarrier(carrier)) return undefined;
  const ids = parseTraceparent(carrier.traceparent);
  if (!ids || !carrier.undecided) return ids;
  return tracing.samples(ids) ? ids : undefined;
}

function objectOf(workflowId = ''): Record<string, string> {
  const [kind = '', namespace = '', name = ''] = workflowId.split('/').slice(-3);
  return { 'sluice.kind': kind, 'sluice.namespace': namespace, 'sluice.name': name };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function typeOf(error: unknown): string {
  if (error instanceof ApplicationFailure && error.type) return error.type;
  return error instanceof Error ? error.name : 'unknown';
}
