import type { IncomingMessage, ServerResponse } from 'node:http';
import { Histogram, type Registry } from 'prom-client';

/** Measures requests. */
export interface RequestMetrics {
  /** Measures a request until its answer has gone out. */
  observe(request: IncomingMessage, response: ServerResponse): void;
}

/** The histogram of Flux's notification-controller; a path is a secret, so all of them are one handler. */
export function createRequestMetrics(registry: Registry): RequestMetrics {
  const durations = new Histogram({
    name: 'gotk_receiver_http_request_duration_seconds',
    help: 'The latency of the HTTP requests of webhooks.',
    labelNames: ['service', 'handler', 'method', 'code'],
    registers: [registry],
  });
  return {
    observe(request, response) {
      const begun = performance.now();
      response.once('close', () => {
        const labels = { service: '', handler: '/hook/', method: request.method ?? '' };
        const seconds = (performance.now() - begun) / 1000;
        durations.observe({ ...labels, code: String(response.statusCode) }, seconds);
      });
    },
  };
}
