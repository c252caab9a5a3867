import { expect, test } from 'vitest';
import { configReferences } from '../../../activities/cluster/config-references.ts';

test('variables, keys and the way to the cluster are named in their order', () => {
  const spec = {
    postBuild: {
      substituteFrom: [
        { kind: 'ConfigMap', name: 'a' },
        { kind: 'Secret', name: 'b' },
      ],
    },
    decryption: { provider: 'sops', secretRef: { name: 'keys' } },
    kubeConfig: { secretRef: { name: 'remote' }, configMapRef: { name: 'tokens' } },
  };
  expect(configReferences(spec)).toEqual([
    { kind: 'ConfigMap', name: 'a' },
    { kind: 'Secret', name: 'b' },
    { kind: 'Secret', name: 'keys' },
    { kind: 'Secret', name: 'remote' },
    { kind: 'ConfigMap', name: 'tokens' },
  ]);
});

test.each([
  {},
  { postBuild: 1, decryption: null, kubeConfig: [] },
  { postBuild: { substituteFrom: [null, 1, {}] } },
])('the spec %j names nothing', (spec) => {
  expect(configReferences(spec)).toEqual([]);
});
