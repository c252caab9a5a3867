import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { digestOf } from '../../../../activities/fetch/oci/manifest.ts';
import {
  digestOfTag,
  listTags,
  readManifest,
  saveBlob,
} from '../../../../activities/fetch/oci/registry.ts';
import { openSession, type Session } from '../../../../activities/fetch/oci/session.ts';
import { ownDirectories } from '../../../support/own-directories.ts';

const directoryWith = ownDirectories();
const servers: Server[] = [];
const sessions: Session[] = [];

afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** Serves with a listener, and gives host and port; a host name of this machine makes it another one. */
async function serve(listener: RequestListener, name = '127.0.0.1'): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `${name}:${typeof address === 'object' && address ? address.port : 0}`;
}

const credential = { username: 'ann', password: 'canary-of-the-password' };

function open(host: string, options: Partial<Parameters<typeof openSession>[1]> = {}): Session {
  const signal = AbortSignal.timeout(10_000);
  const repository = { registry: host, host, path: 'app' };
  const session = openSession(repository, { insecure: true, credential, signal, ...options });
  sessions.push(session);
  return session;
}

const digest = digestOf(Buffer.from('content'));

test('a realm that is neither protected nor the registry itself gets no credentials', async () => {
  const seen: unknown[] = [];
  const realm = await serve((request, response) => {
    seen.push(request.headers.authorization);
    response.end('{"token":"t"}');
  }, 'localhost');
  const host = await serve((_request, response) => {
    const challenge = `Bearer realm="http://${realm}/token",service="s"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
  });
  await expect(digestOfTag(open(host), 'latest')).rejects.toThrow('which is not protected');
  expect(seen).toEqual([]);
});

test('a token is asked for with the credentials, for the repository alone, and then shown', async () => {
  const asked: string[] = [];
  let realm = '';
  const host = await serve((request, response) => {
    asked.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`);
    if (request.url?.startsWith('/token')) response.end('{"access_token":"t-1"}');
    else if (request.headers.authorization === 'Bearer t-1') {
      response.writeHead(200, { 'docker-content-digest': digest }).end();
    } else {
      const challenge = `Bearer realm="${realm}",service="s",scope="repository:other:push"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    }
  });
  realm = `http://${host}/token`;
  expect(await digestOfTag(open(host), 'latest')).toBe(digest);
  const basic = Buffer.from('ann:canary-of-the-password').toString('base64');
  expect(asked[1]).toBe(`/token?service=s&scope=repository%3Aapp%3Apull Basic ${basic}`);
  expect(asked).toHaveLength(3);
});

test('no credentials follow a redirect to another host', async () => {
  const seen: unknown[] = [];
  const store = await serve((request, response) => {
    seen.push(request.headers.authorization);
    response.end('content');
  }, 'localhost');
  const host = await serve((request, response) => {
    if (request.headers.authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
    } else {
      response.writeHead(307, { location: `http://${store}/blob?signature=canary` }).end();
    }
  });
  const file = join(await directoryWith({}), 'blob');
  await saveBlob(open(host), { mediaType: 'x', digest, size: 7 }, file);
  expect(seen).toEqual([undefined]);
});

type Response = Parameters<RequestListener>[1];
const ends =
  (text: string) =>
  (response: Response): void => {
    response.end(text);
  };

test.each([
  ['that never ends', endless, 'larger than'],
  ['that is no JSON', ends('<html>'), 'no JSON'],
  ['of another shape', ends('{"layers":[{"digest":"../x"}]}'), 'malformed'],
])('a manifest %s is refused', async (_, answer, fault) => {
  const host = await serve((_request, response) => {
    answer(response);
  });
  await expect(readManifest(open(host), 'latest')).rejects.toThrow(fault);
});

test('a manifest that is not the one of its digest is refused', async () => {
  const host = await serve((_request, response) => response.end('{}'));
  await expect(readManifest(open(host), digest)).rejects.toThrow('has the digest');
});

test('tags come page by page, and no page from elsewhere', async () => {
  const host = await serve((request, response) => {
    const last = new URL(request.url ?? '', 'http://x').searchParams.get('last');
    const link =
      last === null
        ? '</v2/app/tags/list?n=1000&last=a>; rel="next"'
        : '<http://other/>; rel="next"';
    response.writeHead(200, { link }).end(JSON.stringify({ tags: last === null ? ['a'] : ['b'] }));
  });
  expect(await listTags(open(host))).toEqual(['a', 'b']);
});

test('an error tells the code of the registry, and nothing that it was shown', async () => {
  const errors = [{ code: 'DENIED', message: 'not for canary-of-the-password' }];
  const host = await serve((_request, response) => {
    response.writeHead(403).end(JSON.stringify({ errors }));
  });
  const failure = digestOfTag(open(host), 'latest');
  await expect(failure).rejects.toThrow('HTTP 403 (DENIED): check the credentials');
  await expect(failure).rejects.toThrow(/^(?!.*canary)/);
});

test('plain HTTP is used only where it is allowed', async () => {
  const host = await serve((_request, response) => response.end('{}'), 'sluice.localhost');
  const session = open(host, { insecure: false });
  await expect(readManifest(session, 'latest')).rejects.toThrow('does not answer');
});

function endless(response: Response): void {
  const chunk = Buffer.alloc(1024 * 1024, 32);
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
    response.once('drain', more);
  };
  more();
}
