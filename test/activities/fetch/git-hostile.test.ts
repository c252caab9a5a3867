import { createServer, type RequestListener, type Server } from 'node:http';
import { afterAll, describe, expect, test } from 'vitest';
import { lookUp } from '../../../activities/fetch/git.ts';
import { filesOf, remoteWith } from '../../support/git-remote.ts';

const main = { branch: 'main' };
const opened: { close(): Promise<unknown> }[] = [];

afterAll(async () => {
  for (const part of opened) await part.close();
});

describe('a server that is none of Git, or a hostile one', () => {
  const type = 'application/x-git-upload-pack-advertisement';

  async function serve(listener: RequestListener): Promise<string> {
    const server: Server = createServer(listener);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    opened.push({
      close: () =>
        new Promise((resolve) => {
          server.close(resolve);
          server.closeAllConnections();
        }),
    });
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/repo`;
  }

  function answer(body: string): RequestListener {
    return (_, response) => response.writeHead(200, { 'content-type': type }).end(body);
  }

  const packet = (line: string): string =>
    `${(line.length + 4).toString(16).padStart(4, '0')}${line}`;
  const advertised = (line: string): string => `${packet(line)}0000`;
  const oid = 'a'.repeat(40);
  test.each<[string, RequestListener, string]>([
    [
      'answers with a page',
      (_, response) => response.setHeader('content-type', 'text/html').end('<html>'),
      'answers with text/html',
    ],
    ['answers with an error', (_, response) => response.writeHead(500).end(), 'HTTP 500'],
    ['answers with something else', answer('hello, world'), 'no packet of the protocol'],
    ['stops in the middle', answer('00ffversion 2'), 'in the middle of a packet'],
    ['sends a length that there is not', answer('0003'), 'has the length 3'],
    ['tells an error', answer(advertised('ERR no access\nfor you')), 'refuses: no access for you'],
    [
      'has objects of another hash',
      answer(advertised(`${oid} refs/heads/main\0object-format=sha256`)),
      'objects of sha256',
    ],
    ['is empty', answer(advertised(`${'0'.repeat(40)} capabilities^{}\0agent=x`)), 'no commit yet'],
    [
      'redirects to another host',
      (_, response) => response.writeHead(302, { location: 'http://example.com/' }).end(),
      'redirects to http://example.com/',
    ],
    [
      'redirects in a circle',
      ({ url = '' }, response) => response.writeHead(302, { location: `/x${url}` }).end(),
      'in a circle',
    ],
  ])('that %s is told of', async (_, listener, message) => {
    const failing = lookUp(remoteWith({ url: await serve(listener) }), main);
    await expect(failing).rejects.toThrow(message);
  });

  test('that never stops sending references is left', async () => {
    const line = packet(`${oid} refs/heads/main\n`);
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': type });
      const more = (): void => {
        while (response.write(line.repeat(1000)));
        response.once('drain', more);
      };
      more();
    });
    await expect(lookUp(remoteWith({ url }), main)).rejects.toThrow('more than is allowed');
  });

  test('that says nothing is left after the time of the source', async () => {
    const url = await serve(() => undefined);
    const failing = lookUp(remoteWith({ url }, 1500), main);
    await expect(failing).rejects.toThrow('did not answer within spec.timeout, 1.5s');
  });

  test('that lets a pack hang is left after the time of the source', async () => {
    const url = await serve(({ method }, response) => {
      if (method === 'GET') {
        response.writeHead(200, { 'content-type': type }).end(advertised('version 2\n'));
        return;
      }
      const result = { 'content-type': 'application/x-git-upload-pack-result' };
      response.writeHead(200, result).write('000dpackfile\n');
    });
    const target = { commit: oid, revision: `sha1:${oid}` };
    await expect(filesOf(remoteWith({ url }, 2000), target)).rejects.toThrow('spec.timeout');
  });
});
