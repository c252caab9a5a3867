import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { connectKubeConfig } from '../../../activities/cluster/client.ts';
import { createLease, underLease } from '../../../activities/cluster/lease.ts';

function clock(): { now: () => number; pass: (ms: number) => void } {
  let time = 0;
  return {
    now: () => time,
    pass: (ms) => {
      time += ms;
    },
  };
}

test('an attempt that lives on keeps its lease', () => {
  const { now, pass } = clock();
  const lease = createLease(now);
  for (let second = 0; second < 60; second++) {
    pass(1000);
    lease.renew();
    lease.check();
  }
  expect(() => {
    pass(5000);
    lease.check();
  }).not.toThrow();
});

test('an attempt that stood still has lost its lease, also after it has gone on', () => {
  const { now, pass } = clock();
  const lease = createLease(now);
  pass(12_000);
  expect(() => {
    lease.check();
  }).toThrow('for 12s this worker stood still');
  lease.renew();
  pass(1000);
  lease.renew();
  expect(() => {
    lease.check();
  }).toThrow('another one may have taken over');
});

test('without its lease an attempt reads and does not write', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.method ?? '');
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const entry = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
  const cluster = await connectKubeConfig(
    JSON.stringify({
      'current-context': 'x',
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      clusters: [{ name: 'x', cluster: entry }],
      users: [{ name: 'x', user: {} }],
    }),
  );
  const { now, pass } = clock();
  const lost = createLease(now);
  pass(12_000);
  const path = '/api/v1/namespaces/x/configmaps/y';
  await underLease(lost, () => cluster.request({ method: 'GET', path }));
  const writes = (['POST', 'PUT', 'PATCH', 'DELETE'] as const).map((method) =>
    underLease(lost, () => cluster.request({ method, path, body: {} })),
  );
  for (const write of writes) await expect(write).rejects.toThrow('nothing more is written');
  expect(asked).toEqual(['GET']);
  // The lease is that of the work, and not of others beside it.
  const others = [
    underLease(createLease(now), () => cluster.request({ method: 'PUT', path, body: {} })),
    cluster.request({ method: 'POST', path, body: {} }),
  ];
  await Promise.all(others);
  expect(asked.slice(1).toSorted()).toEqual(['POST', 'PUT']);
  await cluster.close();
  server.close();
});
