import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { PortName } from './state.ts';

/** Below the range from which systems take ports for outgoing connections, so that a port stays free while its part is down. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** Gives each name a port on 127.0.0.1: the recorded one while it is free or in use by our own part, else a new one. */
export async function assignPorts(
  names: readonly PortName[],
  recorded: Readonly<Partial<Record<PortName, number>>>,
  isOurs: (name: PortName) => boolean,
): Promise<Partial<Record<PortName, number>>> {
  const ports: Partial<Record<PortName, number>> = { ...recorded };
  for (const name of names) {
    const port = ports[name];
    const keeps = port !== undefined && (isOurs(name) || (await isFree(port)));
    if (!keeps) ports[name] = await freePort(new Set(Object.values(ports)));
  }
  return ports;
}

/** A port on 127.0.0.1 that nobody listens on now; raises an Error if none is found. */
export async function freePort(taken: ReadonlySet<number> = new Set()): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST} on 127.0.0.1`);
}

/**
 * Waits until nobody listens on a port: the threads of a program that was killed may hold it for a moment longer than its process is
 * seen. After the time-out whoever starts on it tells of the port.
 */
export async function untilFree(port: number, timeoutMs = 10_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline;) {
    if (await isFree(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
