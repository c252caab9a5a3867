/** Name of the header of Temporal messages in which trace contexts travel; the interceptors of Temporal's SDKs use it too. */
export const traceHeader = '_tracer-data';

/** What travels in the header: the context as W3C writes it. */
export interface TraceCarrier {
  /** `00-<trace id>-<span id>-<flags>` */
  readonly traceparent: string;
  /** The trace began in a workflow, by a timer, so that nobody has decided yet whether it is sampled. */
  readonly undecided?: boolean;
}

/** The identifiers of a span, in hex. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Reads a context; nothing where the text is none. */
export function parseTraceparent(text: unknown): SpanIds | undefined {
  const row = typeof text === 'string' ? pattern.exec(text) : null;
  const [, traceId = '', spanId = '', flags = ''] = row ?? [];
  if (traceId === '') return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Writes a context as W3C has it. */
export function traceparentOf({ traceId, spanId, sampled }: SpanIds): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** Whether a decoded header is a context. */
export function isCarrier(value: unknown): value is TraceCarrier {
  return (
    typeof value === 'object' &&
    value !== null &&
    'traceparent' in value &&
    parseTraceparent(value.traceparent) !== undefined
  );
}

/** All zeros stand for no trace. */
const pattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
