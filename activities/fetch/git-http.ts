import type { HttpClient } from 'isomorphic-git';
import { Agent, request } from 'undici';
import { fail } from '../failures.ts';

/** How a remote is reached. */
export interface HttpOptions {
  /** Value of the Authorization header; sent to the host of the repository only. */
  readonly authorization?: string | undefined;
  /** PEM texts for TLS. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Ends every request of the operation. */
  readonly signal: AbortSignal;
}

/** An HTTP client for isomorphic-git, with the TLS settings of the source, a size limit, and redirects that stay on the host. */
export function createGitHttp(options: HttpOptions): HttpClient & { close(): Promise<void> } {
  const { ca, cert, key, authorization, signal } = options;
  const agent = new Agent({
    connect: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  });
  // A server that moved the repository says so once; the requests after the first go to the new place at once.
  const moves: { from: string; to: string }[] = [];
  return {
    async request({ url, method = 'GET', headers = {}, body }) {
      let target = moves.reduce((address, { from, to }) => address.replace(from, to), url);
      const payload = body ? await collect(body) : null;
      for (let hops = 0; ; hops++) {
        const answer = await request(target, {
          method,
          headers: { ...headers, ...(authorization ? { authorization } : {}) },
          body: payload,
          dispatcher: agent,
          signal,
        });
        const location = answer.headers['location'];
        if (answer.statusCode < 300 || answer.statusCode > 399 || typeof location !== 'string') {
          return {
            url: target,
            method,
            statusCode: answer.statusCode,
            statusMessage: String(answer.statusCode),
            headers: textHeaders(answer.headers),
            body: limited(answer.body),
          };
        }
        await answer.body.dump();
        const next = redirected(target, location, hops);
        moves.push(moveOf(target, next));
        target = next;
      }
    },
    close: () => agent.close(),
  };
}

const maxRedirects = 5;
/** No repository that is fetched may be larger, as a pack. */
const maxBytes = 1024 * 1024 * 1024;

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
function moveOf(from: string, to: string): { from: string; to: string } {
  let common = 0;
  while (common < from.length && from.at(-1 - common) === to.at(-1 - common)) common++;
  return { from: from.slice(0, from.length - common), to: to.slice(0, to.length - common) };
}

async function collect(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* limited(body: AsyncIterable<Buffer>): AsyncIterableIterator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) {
      throw fail('GitOperationFailed', `the remote sends more than ${maxBytes} bytes`);
    }
    yield chunk;
  }
}

function textHeaders(
  headers: Record<string, string | string[] | undefined>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  );
}
