import { expect, test } from 'vitest';
import type { Cluster } from '../../../activities/cluster/client.ts';
import { loadKeys } from '../../../activities/render/decryption/keys.ts';
import { specWith } from '../../support/manifests.ts';

/** Answers for the one Secret that is there. */
function clusterWith(namespace: string, data: Record<string, string>): Cluster {
  const encoded = Object.entries(data).map(
    ([name, value]) => [name, Buffer.from(value).toString('base64')] as const,
  );
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', namespace } };
  const get: Cluster['get'] = (ref) =>
    Promise.resolve(
      ref.namespace === namespace && ref.name === 'keys'
        ? { ...secret, data: Object.fromEntries(encoded) }
        : undefined,
    );
  return { get } as Partial<Cluster> as Cluster;
}

const ours = specWith({ decryption: { provider: 'sops', secretRef: { name: 'keys' } } });
const globalSecret = { namespace: 'flux-system', name: 'keys' };

test('every key of the Secret is known by its name, and no other is used', async () => {
  const cluster = clusterWith('apps', {
    'a.agekey': 'AGE-1\n',
    'b.agekey': 'AGE-2',
    'c.asc': 'PGP',
    'sops.vault-token': 'token\n',
    'sops.gcp-kms': '{"type":"service_account"}',
    'sops.aws-kms': 'aws_access_key_id: id\naws_secret_access_key: key\nother: x\n',
    'sops.azure-kv':
      'tenantId: tenant\nclientId: client\nclientSecret: secret\nclientCertificate: PEM\n',
    PATH: '/tenant/bin',
  });
  expect(await loadKeys(cluster, ours, { namespace: 'apps' })).toEqual({
    age: 'AGE-1\nAGE-2',
    pgp: ['PGP'],
    environment: {
      VAULT_TOKEN: 'token',
      GOOGLE_CREDENTIALS: '{"type":"service_account"}',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'key',
      AZURE_TENANT_ID: 'tenant',
      AZURE_CLIENT_ID: 'client',
      AZURE_CLIENT_SECRET: 'secret',
    },
    files: { AZURE_CLIENT_CERTIFICATE_PATH: 'PEM' },
  });
});

test("the worker's own Secret gives its age keys alone, and only where none is named", async () => {
  const cluster = clusterWith('flux-system', { 'a.agekey': 'AGE', 'sops.vault-token': 'token' });
  const unnamed = specWith({ decryption: { provider: 'sops' } });
  expect(await loadKeys(cluster, unnamed, { namespace: 'apps', globalSecret })).toEqual({
    age: 'AGE',
    pgp: [],
    environment: {},
    files: {},
  });
  await expect(loadKeys(cluster, ours, { namespace: 'apps', globalSecret })).rejects.toThrow(
    'Secret/apps/keys not found',
  );
});

test('without decryption no Secret is read', async () => {
  const cluster = clusterWith('flux-system', { 'a.agekey': 'AGE' });
  expect(await loadKeys(cluster, specWith(), { namespace: 'apps', globalSecret })).toBeUndefined();
});

test.each(['sops.aws-kms', 'sops.azure-kv'])(
  'an entry that is no mapping is named and not told: %s',
  async (name) => {
    const failed = loadKeys(clusterWith('apps', { [name]: 'canary' }), ours, { namespace: 'apps' });
    await expect(failed).rejects.toThrow(`${name} of Secret/apps/keys is not a YAML mapping`);
    await expect(failed).rejects.not.toThrow('canary');
  },
);

test.each([
  '{"type":"external_account","credential_source":{"file":"/etc/passwd"}}',
  '/var/run/secrets/key.json',
])('credentials that could name a file of the worker are refused: %s', async (value) => {
  const cluster = clusterWith('apps', { 'sops.gcp-kms': value });
  await expect(loadKeys(cluster, ours, { namespace: 'apps' })).rejects.toThrow(
    'sops.gcp-kms of Secret/apps/keys: only the JSON key of a service account is taken',
  );
});
