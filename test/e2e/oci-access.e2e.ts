import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createServingCertificate } from '../../deploy/dev/stack/certificates.ts';
import { testAuthority } from '../support/authority.ts';
import {
  conditionOf,
  ociRepository,
  testNamespace,
  type Row,
  type TestNamespace,
} from '../support/cluster.ts';
import { filesHolding } from '../support/files.ts';
import { startRegistry, user, type TestRegistry } from '../support/registry.ts';

let space: TestNamespace;
const opened: TestRegistry[] = [];

async function open(options: Parameters<typeof startRegistry>[0]): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  opened.push(registry);
  await registry.push('app', { 'a.yaml': 'a' }).catch((error: unknown) => {
    // Nobody gets in to push where a client certificate is needed.
    if (!options?.tls?.clientCa) throw error;
  });
  return registry;
}

beforeAll(async () => {
  space = await testNamespace();
});

afterAll(async () => {
  for (const registry of opened) await registry.close();
  await space.close();
});

async function pullSecret(
  name: string,
  host: string,
  { username, password }: { username: string; password: string } = user,
): Promise<void> {
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  await space.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': JSON.stringify({ auths: { [host]: { auth } } }) },
  });
}

const canary = 'canary-8d2f60b1';
const reason = (row: Row): string | undefined => conditionOf(row, 'Ready')?.reason;

test.each(['password', 'token'] as const)(
  'a registry that wants a %s gets it from the Secret, or from the image pull secrets of the account',
  async (entry) => {
    const { host } = await open({ entry });
    const url = `${host}/app`;
    const secretRef = { name: `${entry}-secret` };
    await space.apply(ociRepository(`${entry}-bare`, url));
    expect(reason(await space.untilReady('OCIRepository', `${entry}-bare`, 'False'))).toBe(
      'OCIArtifactPullFailed',
    );
    await space.apply(ociRepository(entry, url, { secretRef }));
    const missing = await space.untilReady('OCIRepository', entry, 'False');
    expect(conditionOf(missing, 'FetchFailed')).toMatchObject({ reason: 'AuthenticationFailed' });
    await pullSecret(secretRef.name, host);
    await space.untilReady('OCIRepository', entry);
    await space.apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: `${entry}-account` },
      imagePullSecrets: [secretRef],
    });
    const serviceAccountName = `${entry}-account`;
    await space.apply(ociRepository(`${entry}-sa`, url, { serviceAccountName }));
    await space.untilReady('OCIRepository', `${entry}-sa`);
  },
);

test('a wrong password is refused, and told nowhere', async () => {
  const { host } = await open({ entry: 'password' });
  await pullSecret('wrong', host, { username: 'ann', password: `${canary}-1` });
  await space.apply(ociRepository('wrong', `${host}/app`, { secretRef: { name: 'wrong' } }));
  const row = await space.untilReady('OCIRepository', 'wrong', 'False');
  expect(conditionOf(row, 'Ready')?.message).toContain('HTTP 401');
  await expectUntold('wrong');
});

test('what a registry was shown is told nowhere, even if it says it back', async () => {
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    if (authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
      return;
    }
    const shown = Buffer.from(authorization.slice('Basic '.length), 'base64').toString();
    const errors = [{ code: shown, message: `${shown} ${authorization}` }];
    response.writeHead(403, { location: `/${shown}` }).end(JSON.stringify({ errors }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const host = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  await pullSecret('echo', host, { username: 'ann', password: `${canary}-2` });
  await space.apply(ociRepository('echo', `${host}/app`, { secretRef: { name: 'echo' } }));
  const row = await space.untilReady('OCIRepository', 'echo', 'False');
  expect(conditionOf(row, 'Ready')?.message).toContain('HTTP 403');
  await expectUntold('echo');
  server.close();
  server.closeAllConnections();
});

/** Neither in the object and its events, nor in what Temporal and the services wrote. */
async function expectUntold(name: string): Promise<void> {
  const row = await space.get('OCIRepository', name);
  expect(JSON.stringify([row, await space.events(name)])).not.toContain(canary);
  const words = [canary, Buffer.from(`ann:${canary}`).toString('base64').slice(0, 20)];
  expect(await filesHolding(inject('stackDir'), words, /\/etcd\//)).toEqual([]);
  expect(await filesHolding(inject('serviceDir'), words)).toEqual([]);
}

test('a certificate that nobody vouches for is refused, and accepted by its authority', async () => {
  const tls = await createServingCertificate();
  const { host } = await open({ tls });
  await space.apply(ociRepository('tls', `${host}/app`, { insecure: false }));
  const row = await space.untilReady('OCIRepository', 'tls', 'False');
  expect(reason(row)).toBe('OCIArtifactPullFailed');
  await space.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'tls-ca' },
    stringData: { 'ca.crt': tls.ca },
  });
  const certSecretRef = { name: 'tls-ca' };
  await space.apply(ociRepository('tls', `${host}/app`, { insecure: false, certSecretRef }));
  await space.untilReady('OCIRepository', 'tls');
});

test('a registry that wants a client certificate gets it, and half of one is an error', async () => {
  const [tls, clients] = await Promise.all([createServingCertificate(), testAuthority()]);
  const client = await clients.issueForClient();
  const { host } = await open({ tls: { ...tls, clientCa: clients.pem } });
  const secret = (stringData: Record<string, string>): Promise<unknown> =>
    space.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mtls' }, stringData });
  await secret({ 'ca.crt': tls.ca, 'tls.crt': client.pem });
  const certSecretRef = { name: 'mtls' };
  await space.apply(ociRepository('mtls', `${host}/app`, { insecure: false, certSecretRef }));
  const half = await space.untilReady('OCIRepository', 'mtls', 'False');
  expect(conditionOf(half, 'Ready')).toMatchObject({ reason: 'AuthenticationFailed' });
  expect(conditionOf(half, 'Ready')?.message).toContain('lacks tls.key');
  await secret({ 'ca.crt': tls.ca, 'tls.crt': client.pem, 'tls.key': client.keyPem });
  await space.signal('OCIRepository', 'mtls');
  // Nothing could be pushed, so that the registry is heard to have nothing.
  await space.until('OCIRepository', 'mtls', (row) =>
    Boolean(conditionOf(row, 'Ready')?.message.includes('HTTP 404')),
  );
});
