import {
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  RandomIdGenerator,
  type IdGenerator,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import type { SpanIds } from './trace-header.ts';

/** Makes spans and sends them to the receiver that the environment names. */
export interface Tracing {
  /** Starts a span below another one; without one it begins a trace. */
  start(name: string, parent: SpanIds | undefined, options?: SpanOptions): Span;
  /** Starts a span whose identifiers are known already, because others have been made below it. */
  startAs(ids: SpanIds, name: string, parent: SpanIds | undefined, options?: SpanOptions): Span;
  /** Whether the sampler of the environment takes a trace that begins with this identifier. */
  samples(ids: SpanIds): boolean;
  /** Sends what is left. */
  close(): Promise<void>;
}

/**
 * Tracing as the standard variables of OpenTelemetry say (OTEL_EXPORTER_OTLP_*, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME, OTEL_BSP_* …);
 * nothing unless OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set. Raises an Error that names the variable at
 * fault where the protocol is none of http/protobuf and http/json.
 */
export function openTracing(
  serviceName: string,
  environment: NodeJS.ProcessEnv,
): Tracing | undefined {
  if (!isWanted(environment)) return undefined;
  const ids = new GivenIds();
  const provider = new BasicTracerProvider({
    idGenerator: ids,
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': serviceName }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporterOf(environment))],
  });
  return tracingOf(provider.getTracer('sluice'), ids, () => provider.shutdown());
}

function isWanted(environment: NodeJS.ProcessEnv): boolean {
  const endpoint =
    environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ??
    environment['OTEL_EXPORTER_OTLP_ENDPOINT'] ??
    '';
  const isOff =
    environment['OTEL_SDK_DISABLED'] === 'true' || environment['OTEL_TRACES_EXPORTER'] === 'none';
  return endpoint !== '' && !isOff;
}

function exporterOf(environment: NodeJS.ProcessEnv): SpanExporter {
  const protocol =
    environment['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ??
    environment['OTEL_EXPORTER_OTLP_PROTOCOL'] ??
    'http/protobuf';
  if (protocol === 'http/protobuf') return new ProtobufExporter();
  if (protocol === 'http/json') return new JsonExporter();
  throw new Error(
    `wrong settings: OTEL_EXPORTER_OTLP_PROTOCOL: '${protocol}' is not there; write http/protobuf or http/json`,
  );
}

/** Gives identifiers that are known before their span is made. */
class GivenIds implements IdGenerator {
  private readonly random = new RandomIdGenerator();
  private given: SpanIds | undefined;

  with<T>(ids: SpanIds, make: () => T): T {
    this.given = ids;
    try {
      return make();
    } finally {
      this.given = undefined;
    }
  }

  generateTraceId(): string {
    return this.given?.traceId ?? this.random.generateTraceId();
  }

  generateSpanId(): string {
    return this.given?.spanId ?? this.random.generateSpanId();
  }
}

function tracingOf(tracer: Tracer, ids: GivenIds, close: () => Promise<void>): Tracing {
  const start: Tracing['start'] = (name, parent, options) =>
    tracer.startSpan(name, options, contextOf(parent));
  const startAs: Tracing['startAs'] = (own, name, parent, options) =>
    ids.with(own, () => start(name, parent, options));
  return {
    start,
    startAs,
    // A span that is never ended is never sent.
    samples: (own) => isSampled(startAs(own, 'sampler', undefined)),
    close,
  };
}

/** What others need to go on below a span. */
export function idsOf(span: Span): SpanIds {
  const { traceId, spanId } = span.spanContext();
  return { traceId, spanId, sampled: isSampled(span) };
}

/** Whether a span will be sent. */
export function isSampled(span: Span): boolean {
  return (span.spanContext().traceFlags & 1) === 1;
}

function contextOf(parent: SpanIds | undefined): Context {
  if (!parent) return ROOT_CONTEXT;
  const { traceId, spanId, sampled } = parent;
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
