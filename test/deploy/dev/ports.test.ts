import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { assignPorts, freePort, untilFree } from '../../../deploy/dev/stack/ports.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function taken(): Promise<number> {
  const port = await freePort();
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return port;
}

test('a recorded port is kept while it is free or our own, and replaced when somebody else has it', async () => {
  const recorded = { etcd: await freePort(), apiserver: await taken(), temporal: await taken() };
  const names = ['etcd', 'apiserver', 'temporal'] as const;
  const ports = await assignPorts(names, recorded, (name) => name === 'apiserver');
  expect(ports).toMatchObject({ etcd: recorded.etcd, apiserver: recorded.apiserver });
  expect(ports.temporal).not.toBe(recorded.temporal);
  expect(new Set(Object.values(ports)).size).toBe(3);
});

test('a port that is still held is waited for', async () => {
  const port = await taken();
  const waiting = untilFree(port).then(() => 'free');
  const early = new Promise((resolve) => setTimeout(resolve, 200)).then(() => 'held');
  expect(await Promise.race([waiting, early])).toBe('held');
  for (const server of servers.splice(0)) server.close();
  expect(await waiting).toBe('free');
});
