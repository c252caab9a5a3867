import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServingCertificate } from '../../deploy/dev/stack/certificates.ts';

/** Gives tokens of a registry to one user, and to nobody else. */
export interface TokenServer {
  /** What the registry has to be told of it. */
  readonly settings: object;
  close(): Promise<void>;
}

/** Starts a token server beside a registry on this machine; the certificate that its tokens are verified with is written into a file. */
export async function startTokenServer(
  { username, password }: { readonly username: string; readonly password: string },
  certificateFile: string,
): Promise<TokenServer> {
  const { certificate, key } = await createServingCertificate();
  await writeFile(certificateFile, certificate);
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://tokens');
    if (request.headers.authorization !== basic) {
      response.writeHead(401).end();
      return;
    }
    const token = tokenFor(searchParams.get('scope') ?? '', { certificate, key });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    settings: {
      realm: `http://127.0.0.1:${port}/token`,
      service,
      issuer,
      rootcertbundle: certificateFile,
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

const service = 'test-registry';
const issuer = 'test-tokens';

function tokenFor(
  scope: string,
  { certificate, key }: { certificate: string; key: string },
): string {
  const [type, name, actions = ''] = scope.split(':');
  const now = Math.floor(Date.now() / 1000);
  const x5c = [certificate.replace(/-----[^-]+-----|\s/g, '')];
  const claims = {
    iss: issuer,
    sub: 'ann',
    aud: service,
    iat: now - 10,
    nbf: now - 10,
    exp: now + 300,
    jti: randomUUID(),
    access: [{ type, name, actions: actions.split(',') }],
  };
  const head = [{ typ: 'JWT', alg: 'ES256', x5c }, claims].map(encoded).join('.');
  const signature = sign('sha256', Buffer.from(head), {
    key: createPrivateKey(key),
    dsaEncoding: 'ieee-p1363',
  });
  return `${head}.${signature.toString('base64url')}`;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
