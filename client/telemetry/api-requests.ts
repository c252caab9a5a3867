import { subscribe } from 'node:diagnostics_channel';
import { Counter, type Registry } from 'prom-client';

/** Counts the requests of this process to API servers under the name and labels of Go's client, by what undici tells of every request. */
export function countApiRequests(registry: Registry): void {
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests to API servers by status code, method and host.',
    labelNames: ['code', 'method', 'host'],
    registers: [registry],
  });
  const hosts = new Set<string>();
  const count = (message: unknown, codeOf: (message: Answered) => string): void => {
    if (!isAnswered(message) || !apiPath.test(message.request.path)) return;
    const { origin, method } = message.request;
    const host = hostOf(origin, hosts);
    requests.inc({ code: codeOf(message), method, host });
  };
  subscribe('undici:request:headers', (message) => {
    count(message, ({ response }) => String(response?.statusCode ?? 'unknown'));
  });
  subscribe('undici:request:error', (message) => {
    count(message, () => '<error>');
  });
}

interface Answered {
  readonly request: {
    readonly origin?: string | URL;
    readonly method: string;
    readonly path: string;
  };
  readonly response?: { readonly statusCode: number };
}

/** A server may be reached below a path of a proxy. */
const apiPath = /\/(api\/v1|api|apis|version|openapi)(\/|\?|$)/;

/** Beyond this many remote clusters a host of its own for each would be too many series. */
const maxHosts = 100;

function hostOf(origin: string | URL | undefined, known: Set<string>): string {
  const { host } = new URL(String(origin ?? 'http://unknown'));
  if (known.size < maxHosts) known.add(host);
  return known.has(host) ? host : 'other';
}

function isAnswered(message: unknown): message is Answered {
  if (typeof message !== 'object' || message === null || !('request' in message)) return false;
  const { request } = message;
  return (
    typeof request === 'object' &&
    request !== null &&
    'path' in request &&
    typeof request.path === 'string' &&
    'method' in request
  );
}
