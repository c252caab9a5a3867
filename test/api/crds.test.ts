import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { crdManifests } from '../../api/crds.ts';
import { GitRepository, Kustomization, parseDuration, unsupportedFields } from '../../api/index.ts';
import { specWith } from '../support/manifests.ts';

test('the committed CRDs are those of the schemas', async () => {
  for (const crd of crdManifests()) {
    const file = new URL(`../../deploy/crds/${crd.metadata.name}.yaml`, import.meta.url);
    expect(parse(await readFile(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(crd)));
  }
});

test('every field has a description', () => {
  const bare: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const { properties = {}, items } = node as { properties?: object; items?: unknown };
    for (const [name, child] of Object.entries(properties) as [string, object][]) {
      if (!('description' in child) && name !== 'metadata') bare.push(`${path}.${name}`);
      visit(child, `${path}.${name}`);
    }
    visit(items, `${path}[]`);
  };
  for (const crd of crdManifests()) {
    const { versions } = crd['spec'] as { versions: { schema: { openAPIV3Schema: unknown } }[] };
    visit(versions[0]?.schema.openAPIV3Schema, crd.metadata.name);
  }
  expect(bare).toEqual([]);
});

describe('durations', () => {
  test.each([
    ['1m', 60_000],
    ['1h30m', 5_400_000],
    ['750ms', 750],
    ['1.5s', 1500],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '5', '5d', '-1m', '1m 3s'])('"%s" is none', (text) => {
    expect(() => parseDuration(text)).toThrow('is no duration');
  });
});

const object = (kind: string, spec: object) => ({
  apiVersion: 'x/v1',
  kind,
  metadata: { name: 'a' },
  spec,
});

test.each([
  ['an interval without a unit', { interval: '5' }],
  ['a kind of source that is not known', { sourceRef: { kind: 'Git', name: 'a' } }],
  ['a namespace that is too long', { targetNamespace: 'x'.repeat(64) }],
  ['a deletion policy that is not known', { deletionPolicy: 'Mirror' }],
])('a Kustomization with %s is invalid', (_, fields) => {
  const result = Kustomization.safeParse(object('Kustomization', { ...specWith(), ...fields }));
  expect(result.success).toBe(false);
});

test.each(['git@github.com:org/repo', 'ftp://x', '/srv/repo'])(
  'a GitRepository with the url %s is invalid',
  (url) => {
    const result = GitRepository.safeParse(object('GitRepository', { url, interval: '1m' }));
    expect(result.success).toBe(false);
  },
);

test.each([
  [
    'Kustomization',
    { decryption: { provider: 'sops', serviceAccountName: 'keys' } },
    ['spec.decryption (serviceAccountName)'],
  ],
  ['Kustomization', { dependsOn: [{ name: 'a' }], ignore: [] }, []],
  ['GitRepository', { url: 'ssh://git@host/x', provider: 'github' }, []],
  ['GitRepository', { url: 'x', provider: 'aws' }, ['spec.provider (aws, azure)']],
  ['GitRepository', { url: 'https://host/x', provider: 'generic', recurseSubmodules: false }, []],
])('of a %s with %o the fields without behaviour are %o', (kind, spec, fields) => {
  expect(unsupportedFields(object(kind, spec))).toEqual(fields);
});
