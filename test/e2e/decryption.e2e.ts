import { expect, test } from 'vitest';
import { serverSideApply } from '../../activities/cluster/server-side-apply.ts';
import { conditionOf, kustomization, type Manifest } from '../support/cluster.ts';
import { ageKeys, encryptedSecret, globalKeys, pgpFixtures } from '../support/sops.ts';
import { openSource } from '../support/space.ts';

const token = Buffer.from('canary-1234').toString('base64');
const pgp = await pgpFixtures();
const { space } = await openSource({
  'own/secret.yaml': await encryptedSecret('own', { token: 'canary-1234' }),
  'global/secret.yaml': await encryptedSecret('global', { token: 'canary-1234' }),
  'pgp/secret.yaml': pgp.secret,
  'none/secret.yaml': await encryptedSecret('none', { token: 'canary-1234' }),
});

await space.untilReady('GitRepository', 'repo');

const keysOf = (identity: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'keys' },
  stringData: { 'identity.agekey': identity },
});
const inNamespace = { targetNamespace: space.name };

test('keys come from the Secret of the Kustomization; a missing and a wrong one are told', async () => {
  const decryption = { provider: 'sops', secretRef: { name: 'keys' } };
  await space.apply(kustomization('own', 'repo', { path: './own', ...inNamespace, decryption }));
  const missing = await space.untilReady('Kustomization', 'own', 'False');
  expect(conditionOf(missing, 'Ready')).toMatchObject({
    reason: 'BuildFailed',
    message: `decryption: Secret/${space.name}/keys not found`,
  });
  await space.apply(keysOf(ageKeys.other));
  await space.signal('Kustomization', 'own');
  const wrong = await space.until('Kustomization', 'own', (row) =>
    Boolean(conditionOf(row, 'Ready')?.message.includes('no key of spec.decryption fits')),
  );
  expect(conditionOf(wrong, 'Ready')?.message).toContain(`Secret/${space.name}/own`);
  expect(await space.get('Secret', 'own')).toBeUndefined();
  await space.apply(keysOf(ageKeys.identity));
  await space.signal('Kustomization', 'own');
  await space.untilReady('Kustomization', 'own');
  const live = await space.get('Secret', 'own');
  expect(live?.['data']).toEqual({ token });
  await space.signal('Kustomization', 'own');
  await space.untilReady('Kustomization', 'own');
  const later = await space.get('Secret', 'own');
  expect(later?.metadata.resourceVersion).toBe(live?.metadata.resourceVersion);
});

test("without a Secret of its own the worker's keys decrypt", async () => {
  const stringData = { 'identity.agekey': ageKeys.identity };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: globalKeys, stringData };
  await serverSideApply(space.cluster, secret, { manager: 'kubectl' });
  const decryption = { provider: 'sops' };
  await space.apply(
    kustomization('global', 'repo', { path: './global', ...inNamespace, decryption }),
  );
  await space.untilReady('Kustomization', 'global');
  expect((await space.get('Secret', 'global'))?.['data']).toEqual({ token });
});

test('a Secret encrypted for PGP is decrypted by a private key', async () => {
  const metadata = { name: 'pgp-keys' };
  const stringData = { 'private.asc': pgp.privateKey };
  await space.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData });
  const decryption = { provider: 'sops', secretRef: metadata };
  await space.apply(kustomization('pgp', 'repo', { path: './pgp', ...inNamespace, decryption }));
  await space.untilReady('Kustomization', 'pgp');
  const token = Buffer.from('canary-pgp').toString('base64');
  expect((await space.get('Secret', 'pgp'))?.['data']).toEqual({ token });
});

test('an encrypted Secret without decryption never reaches the cluster', async () => {
  await space.apply(kustomization('none', 'repo', { path: './none', ...inNamespace }));
  const row = await space.untilReady('Kustomization', 'none', 'False');
  expect(conditionOf(row, 'Ready')).toMatchObject({
    reason: 'ReconciliationFailed',
    message: expect.stringContaining(
      `Secret/${space.name}/none is SOPS encrypted, configuring decryption is required`,
    ) as string,
  });
  expect(await space.get('Secret', 'none')).toBeUndefined();
});
