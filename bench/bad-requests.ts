import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { signedByGitHub } from '../test/support/receivers.ts';
import type { ServedReceiver } from './receiver.ts';

/** Requests that are sent side by side. */
export const inFlight = 64;

const agent = new Agent({ keepAlive: true, maxSockets: inFlight });

/** Ends the connections that are kept for the next request. */
export function closeConnections(): void {
  agent.destroy();
}

const event = '{"ref":"refs/heads/main","repository":{"clone_url":"https://example.com/a.git"}}';

/** Sends one bad request and gives the status of its answer: most are of a kind that costs little, and one of some hundred is of another. */
export function bad(index: number, receiver: ServedReceiver): Promise<string> {
  const rare = seldom[(index / rareEvery) % seldom.length];
  if (rare) return rare(receiver);
  const common = often[index % often.length];
  return common ? common(receiver) : Promise.resolve('not sent');
}

type Attempt = (receiver: ServedReceiver) => Promise<string>;

const rareEvery = 200;
const forged = signedByGitHub('wrong', event);

const often: readonly Attempt[] = [
  ({ port, path }) => post(port, path, forged, event),
  ({ port, path }) => post(port, path, { ...forged, 'x-hub-signature-256': 'sha256=00' }, event),
  ({ port, path }) => post(port, path, { ...forged, 'x-hub-signature-256': '' }, '{'),
  ({ port, path }) => post(port, path, { ...forged, 'content-type': 'text/plain' }, event),
  ({ port, path }) => post(port, path, {}, randomBytes(200)),
  ({ port, path }) => post(port, `${path}?again`, forged, event),
  ({ port, path }) => post(port, path.slice(0, -1), forged, event),
  ({ port }) => post(port, randomPath(), forged, event),
  ({ port }) => post(port, '/../../etc/passwd', forged, event),
];

const seldom: readonly Attempt[] = [
  ({ port, path }) => post(port, path, forged, Buffer.alloc(3 * 1024 * 1024 + 1)),
  ({ port, path }) =>
    raw(port, `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n`),
  ({ port }) => raw(port, '\u0016\u0003\u0001 no HTTP\r\n\r\n'),
];

function randomPath(): string {
  return `/hook/${randomBytes(32).toString('hex')}`;
}

function post(
  port: number,
  path: string,
  headers: Record<string, string>,
  body: string | Buffer,
): Promise<string> {
  const options = { agent, port, host: '127.0.0.1', path, method: 'POST' };
  const length = { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, headers: { ...headers, ...length } }, (response) => {
      response.resume();
      response.once('end', () => {
        resolve(String(response.statusCode));
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      resolve(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 'by a closed connection');
    });
  });
}
