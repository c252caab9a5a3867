import { ApplicationFailure } from '@temporalio/activity';
import { request, type Dispatcher } from 'undici';
import { fail } from '../failures.ts';
import type { Connections } from './git-connections.ts';
import { PacketReader } from './git-packets.ts';
import type { GitTransport } from './git-transport.ts';

/** How a repository is reached over HTTP. */
export interface HttpRemote {
  /** Address without credentials. */
  readonly url: string;
  /** Value of the Authorization header; sent to the host of the repository only. */
  readonly authorization?: string | undefined;
}

/**
 * Talks to a repository over HTTP, with redirects that stay on the host. Raises AuthenticationFailed where access is refused, and
 * GitOperationFailed for every other answer that is not that of a Git server.
 */
export function createHttpTransport(
  { url, authorization }: HttpRemote,
  connections: Connections,
  signal: AbortSignal,
): GitTransport {
  const base = new URL(url);
  const root = `${base.origin}${base.pathname.replace(/\/+$/, '')}`;
  // A server that moved the repository says so once; the requests after the first go to the new place at once.
  const moves: Move[] = [];
  const ask = async (path: string, options: AskOptions): Promise<PacketReader> => {
    let target = moves.reduce(
      (address, { from, to }) => address.replace(from, to),
      `${root}${path}`,
    );
    for (let hops = 0; ; hops++) {
      const answer = await request(target, {
        method: options.body ? 'POST' : 'GET',
        headers: { ...headersOf(options), ...(authorization ? { authorization } : {}) },
        body: options.body ?? null,
        dispatcher: connections.to(target),
        signal,
      });
      const location = answer.headers['location'];
      if (answer.statusCode < 300 || answer.statusCode > 399 || typeof location !== 'string') {
        check(answer, options.result, url);
        return new PacketReader(answer.body, { isOneAnswer: true });
      }
      await answer.body.dump();
      const next = redirected(target, location, hops);
      moves.push(moveOf(target, next));
      target = next;
    }
  };
  return {
    advertisement: () =>
      ask('/info/refs?service=git-upload-pack', {
        result: 'application/x-git-upload-pack-advertisement',
      }),
    send: (body) =>
      ask('/git-upload-pack', { body, result: 'application/x-git-upload-pack-result' }),
    close: () => {
      connections.close();
    },
  };
}

interface AskOptions {
  readonly body?: Buffer;
  /** The type of content that a Git server answers with. */
  readonly result: string;
}

interface Move {
  readonly from: string;
  readonly to: string;
}

/** The failure for an error of a request that brought no answer. */
export function requestFailure(error: unknown, url: string): Error {
  if (error instanceof ApplicationFailure) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof ApplicationFailure) return cause;
  const text = causeText(error);
  const [line = ''] = text.split('\n', 1);
  return fail('GitOperationFailed', `${url}: ${line.slice(0, 300)}`);
}

function causeText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error && cause.message !== '') return cause.message;
  return error.message || ('code' in error ? String(error.code) : error.name);
}

const maxRedirects = 5;

function headersOf({ body, result }: AskOptions): Record<string, string> {
  return {
    // Some hosts answer the protocol only to what calls itself git.
    'user-agent': 'git/2 (sluice)',
    'git-protocol': 'version=2',
    accept: body ? result : '*/*',
    ...(body ? { 'content-type': 'application/x-git-upload-pack-request' } : {}),
  };
}

function check(
  { statusCode, headers }: Dispatcher.ResponseData,
  wanted: string,
  url: string,
): void {
  if (statusCode === 401 || statusCode === 403) {
    const advice = 'check the credentials in the Secret of spec.secretRef';
    throw fail('AuthenticationFailed', `${url} refuses access (HTTP ${statusCode}): ${advice}`);
  }
  if (statusCode === 404) {
    const why = 'is not there, or not for these credentials (HTTP 404)';
    throw fail('GitOperationFailed', `${url} ${why}`);
  }
  if (statusCode !== 200) {
    throw fail('GitOperationFailed', `${url} answers with HTTP ${statusCode}`);
  }
  const type = String(headers['content-type'] ?? 'no type').split(';')[0] ?? '';
  if (type !== wanted) {
    const advice = 'is spec.url the address to clone from?';
    throw fail('GitOperationFailed', `${url} answers with ${type}, not as a Git server: ${advice}`);
  }
}

function redirected(from: string, location: string, hops: number): string {
  const [before, after] = [new URL(from), new URL(location, from)];
  if (hops >= maxRedirects) throw fail('GitOperationFailed', 'the remote redirects in a circle');
  // Credentials must not follow to whatever host the remote names, nor from https to http.
  const downgraded = before.protocol === 'https:' && after.protocol !== 'https:';
  if (after.hostname !== before.hostname || downgraded) {
    const place = `${after.protocol}//${after.host}${after.pathname}`;
    throw fail('GitOperationFailed', `the remote redirects to ${place}: put that into spec.url`);
  }
  return after.href;
}

/** What of the address changed, without the common end, so that the other addresses of the repository can be changed alike. */
function moveOf(from: string, to: string): Move {
  let common = 0;
  while (common < from.length && from.at(-1 - common) === to.at(-1 - common)) common++;
  return { from: from.slice(0, from.length - common), to: to.slice(0, to.length - common) };
}
