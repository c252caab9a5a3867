import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { Pool } from 'undici';
import { expect, test } from 'vitest';
import { countApiRequests } from '../../../client/telemetry/api-requests.ts';

test('requests to API servers are counted by code, method and host, others are not', async () => {
  const registry = new Registry();
  countApiRequests(registry);
  const server = createServer((request, response) => {
    response.writeHead(request.url?.includes('missing') ? 404 : 200).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pool = new Pool(`http://${host}`);
  const ask = async (path: string): Promise<void> => {
    const { body } = await pool.request({ method: 'GET', path });
    await body.text();
  };
  try {
    await ask('/api/v1/namespaces');
    await ask('/proxy/apis/apps/v1/deployments/missing?watch=1');
    await ask('/gitrepository/default/repo/a.tar.gz');
  } finally {
    await pool.close();
    server.close();
  }
  const gone = new Pool('http://127.0.0.1:1');
  await expect(gone.request({ method: 'GET', path: '/api/v1/pods' })).rejects.toThrow();
  await gone.close();
  const { values } = (await registry.getMetricsAsJSON())[0] ?? {};
  expect(values?.map(({ labels, value }) => [labels, value])).toEqual([
    [{ code: '200', method: 'GET', host }, 1],
    [{ code: '404', method: 'GET', host }, 1],
    [{ code: '<error>', method: 'GET', host: '127.0.0.1:1' }, 1],
  ]);
});
