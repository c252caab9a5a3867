import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import protobuf from 'protobufjs';

/** A receiver of traces, as a collector is one: OTLP over HTTP, in protobuf or JSON. */
export interface OtlpReceiver {
  readonly url: string;
  /** What came in so far. */
  readonly spans: readonly ReceivedSpan[];
  /** Everything that came in, as text, to search it for what must not be there. */
  text(): string;
  close(): void;
}

/** A span as it was received; identifiers are in hex. */
export interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string;
  readonly name: string;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Opens a receiver on a free port. */
export async function openOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const isJson = request.headers['content-type']?.includes('json') ?? false;
      spans.push(...spansOf(isJson ? (JSON.parse(body.toString()) as Export) : decode(body)));
      response.writeHead(200, { 'content-type': request.headers['content-type'] }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    text: () => JSON.stringify(spans),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Attribute {
  readonly key: string;
  readonly value?: { readonly stringValue?: string; readonly intValue?: unknown };
}

interface Export {
  readonly resourceSpans?: {
    readonly resource?: { readonly attributes?: Attribute[] };
    readonly scopeSpans?: { readonly spans?: Span[] }[];
  }[];
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes?: Attribute[];
  readonly status?: { readonly code?: unknown };
}

function spansOf({ resourceSpans = [] }: Export): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const service = String(valuesOf(resource?.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans = [] }) =>
      spans.map(({ traceId, spanId, parentSpanId = '', name, attributes, status }) => ({
        service,
        traceId,
        spanId,
        parent: parentSpanId,
        name,
        failed: Number(status?.code ?? 0) === 2,
        attributes: valuesOf(attributes),
      })),
    );
  });
}

function valuesOf(attributes: readonly Attribute[] = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value?.stringValue ?? value?.intValue]),
  );
}

/** The part of OTLP's messages that is looked at; unknown fields are skipped. */
const messages = protobuf.parse(`
  syntax = "proto3";
  message Export { repeated ResourceSpans resourceSpans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scopeSpans = 2; }
  message Resource { repeated Attribute attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes traceId = 1;
    bytes spanId = 2;
    bytes parentSpanId = 4;
    string name = 5;
    repeated Attribute attributes = 9;
    Status status = 15;
  }
  message Attribute { string key = 1; Value value = 2; }
  message Value { string stringValue = 1; int64 intValue = 3; }
  message Status { string message = 2; int32 code = 3; }
`).root;

function decode(body: Buffer): Export {
  const type = messages.lookupType('Export');
  const decoded = type.toObject(type.decode(body), { bytes: String, longs: Number });
  const toHex = (text: string): string => Buffer.from(text, 'base64').toString('hex');
  const reviver = (key: string, value: unknown): unknown =>
    ['traceId', 'spanId', 'parentSpanId'].includes(key) ? toHex(String(value)) : value;
  return JSON.parse(JSON.stringify(decoded), reviver) as Export;
}
