import { afterAll, beforeAll, expect, test } from 'vitest';
import { createServingCertificate } from '../../deploy/dev/stack/certificates.ts';
import { testAuthority } from '../support/authority.ts';
import {
  conditionOf,
  ociRepository,
  testNamespace,
  type Row,
  type TestNamespace,
} from '../support/cluster.ts';
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

test('a wrong password is refused without being told', async () => {
  const { host } = await open({ entry: 'password' });
  await pullSecret('wrong', host, { username: 'ann', password: 'canary-of-the-password' });
  await space.apply(ociRepository('wrong', `${host}/app`, { secretRef: { name: 'wrong' } }));
  const row = await space.untilReady('OCIRepository', 'wrong', 'False');
  expect(conditionOf(row, 'Ready')?.message).toContain('HTTP 401');
  expect(JSON.stringify([row, await space.events('wrong')])).not.toContain('canary');
});

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
