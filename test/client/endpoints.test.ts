import { Gauge, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { openEndpoints } from '../../client/endpoints.ts';

test('metrics, health and readiness are served', async () => {
  const registry = new Registry();
  new Gauge({ name: 'answer', help: 'an answer', registers: [registry] }).set(42);
  let ready = false;
  const address = '127.0.0.1:0';
  const endpoints = await openEndpoints({
    metricsAddress: address,
    healthAddress: address,
    registry,
    ready: () => ready,
  });
  const ask = async (port: number | undefined, path: string): Promise<[number, string]> => {
    const answer = await fetch(`http://127.0.0.1:${port ?? 0}${path}`);
    return [answer.status, await answer.text()];
  };
  try {
    const { metricsPort, healthPort } = endpoints;
    expect(await ask(metricsPort, '/metrics')).toEqual([
      200,
      expect.stringContaining('answer 42') as string,
    ]);
    expect((await ask(metricsPort, '/other'))[0]).toBe(404);
    expect((await ask(healthPort, '/healthz'))[0]).toBe(200);
    expect((await ask(healthPort, '/readyz'))[0]).toBe(503);
    ready = true;
    expect((await ask(healthPort, '/readyz'))[0]).toBe(200);
    const taken = { metricsAddress: `127.0.0.1:${metricsPort ?? 0}`, healthAddress: '0' };
    await expect(openEndpoints({ ...taken, registry, ready: () => ready })).rejects.toThrow(
      'choose another address with --metrics-addr',
    );
  } finally {
    endpoints.close();
  }
});

test('the address 0 serves nothing', async () => {
  const off = { metricsAddress: '0', healthAddress: '0', registry: new Registry() };
  const endpoints = await openEndpoints({ ...off, ready: () => true });
  expect([endpoints.metricsPort, endpoints.healthPort]).toEqual([undefined, undefined]);
  endpoints.close();
});
