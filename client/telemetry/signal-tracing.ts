import { SpanKind, SpanStatusCode, type Attributes, type Span } from '@opentelemetry/api';
import type { Headers, WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Wake } from '../../workflows/messages.ts';
import { currentTrace } from './current-trace.ts';
import { traceHeader, traceparentOf, type TraceCarrier } from './trace-header.ts';
import { idsOf, type Tracing } from './tracing.ts';

/** Goes on with the trace that brings a signal about, or begins one, and hands it to the workflow, whose next pass goes on with it in its turn. */
export function createSignalTracing(tracing: Tracing): WorkflowClientInterceptor {
  const send = async <T>(
    id: string,
    args: readonly unknown[],
    go: (headers: Headers) => Promise<T>,
  ): Promise<T> => {
    const [kind = ''] = id.split('/').slice(-3);
    const attributes = attributesOf(id, args);
    const options = { kind: SpanKind.PRODUCER, attributes };
    const span = tracing.start(`signal ${kind}`, currentTrace(), options);
    try {
      return await go(headerOf(span));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  };
  return {
    signalWithStart: (input, next) =>
      send(input.options.workflowId, input.signalArgs, (header) =>
        next({ ...input, headers: { ...input.headers, ...header } }),
      ),
    signal: (input, next) =>
      send(input.workflowExecution.workflowId, input.args, (header) =>
        next({ ...input, headers: { ...input.headers, ...header } }),
      ),
  };
}

function headerOf(span: Span): Headers {
  const carrier: TraceCarrier = { traceparent: traceparentOf(idsOf(span)) };
  return { [traceHeader]: defaultPayloadConverter.toPayload(carrier) };
}

function attributesOf(id: string, [wake]: readonly unknown[]): Attributes {
  const [kind = '', namespace = '', name = ''] = id.split('/').slice(-3);
  const { trigger = 'request', reason = '' } = (wake ?? {}) as Wake;
  return {
    temporalWorkflowID: id,
    'sluice.kind': kind,
    'sluice.namespace': namespace,
    'sluice.name': name,
    'sluice.trigger': trigger,
    'sluice.why': reason,
  };
}
