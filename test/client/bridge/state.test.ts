import { expect, test } from 'vitest';
import { indexOf } from '../../../client/bridge/index-of.ts';
import {
  isBehind,
  isIncludedAnew,
  ownTrigger,
  sightOf,
  touchedBy,
  wakesDependants,
} from '../../../client/bridge/state.ts';

const ks = (spec: object = {}, status: object = {}, metadata: object = {}) =>
  sightOf('Kustomization', {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'web', namespace: 'apps', uid: '1', generation: 1, ...metadata },
    spec: { sourceRef: { kind: 'GitRepository', name: 'repo' }, ...spec },
    status: { observedGeneration: 1, ...status },
  });
const ready = { conditions: [{ type: 'Ready', status: 'True' }], lastAppliedRevision: 'r1' };
const repo = (status: object) =>
  sightOf('GitRepository', {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'repo', namespace: 'apps', uid: '1' },
    status,
  });
const requested = { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } };

test.each([
  ['start', undefined, ks()],
  ['start', ks({}, {}, { uid: '0' }), ks()],
  ['spec', ks(), ks({}, {}, { generation: 2 })],
  ['spec', ks(), ks({}, {}, { annotations: { 'sluice.dev/max-deletions': '5' } })],
  [undefined, ks(), ks({}, {}, { annotations: { 'example.com/note': '5' } })],
  ['request', ks(), ks({}, {}, requested)],
  ['delete', ks(), ks({}, {}, { deletionTimestamp: 'now' })],
  [undefined, ks(), ks({}, ready)],
  ['start', { ...ks(), ours: false }, ks()],
  [undefined, ks(), { ...ks(), ours: false }],
])('the trigger is %s', (trigger, before, now) => {
  expect(ownTrigger(before, now)).toBe(trigger);
});

test.each([
  ['a first artifact', repo({}), repo({ artifact: { revision: 'r1', digest: 'd' } }), true],
  [
    'the same artifact',
    repo({ artifact: { revision: 'r1', digest: 'd' } }),
    repo({ artifact: { revision: 'r1', digest: 'd' } }),
    false,
  ],
  ['a Kustomization that turned ready', ks(), ks({}, ready), true],
  ['one that stays ready', ks({}, ready), ks({}, ready), false],
  [
    'one ready at a new revision',
    ks({}, ready),
    ks({}, { ...ready, lastAppliedRevision: 'r2' }),
    true,
  ],
  ['one that fails', ks({}, ready), ks(), false],
])('%s wakes its dependants or not', (_, before, now, wakes) => {
  expect(wakesDependants(before, now)).toBe(wakes);
});

test.each([
  ['nothing is open', ks({}, { lastAttemptedRevision: 'r1' }), 'r1', false],
  ['the source is ahead', ks({}, { lastAttemptedRevision: 'r1' }), 'r2', true],
  ['a request is open', ks({}, { lastAttemptedRevision: 'r1' }, requested), 'r1', true],
  ['the spec is ahead', ks({}, {}, { generation: 2 }), undefined, true],
])('when %s the object is behind or not', (_, sight, revision, behind) => {
  expect(isBehind(sight, revision)).toBe(behind);
});

test('names source and dependencies in full', () => {
  const sight = ks({ dependsOn: [{ name: 'db' }, { name: 'x', namespace: 'infra' }] });
  expect(sight.source).toBe('GitRepository/apps/repo');
  expect(sight.dependencies).toEqual(['apps/db', 'infra/x']);
});

test('a source names what it includes, and is behind while it holds another artifact of it', () => {
  const include = [{ repository: { name: 'repo' } }, { repository: { name: 'other' } }];
  const including = sightOf('GitRepository', {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'all', namespace: 'apps' },
    spec: { include },
    status: { includedArtifacts: [{ revision: 'r1', digest: 'd1' }] },
  });
  expect(including.includes).toEqual([
    { name: 'GitRepository/apps/repo', artifact: 'r1 d1' },
    { name: 'GitRepository/apps/other', artifact: '' },
  ]);
  const at = (digest: string) => repo({ artifact: { revision: 'r1', digest } });
  expect(['d1', 'd2'].map((digest) => isIncludedAnew(including, at(digest)))).toEqual([
    false,
    true,
  ]);
});

test('names what it is built from and reaches its cluster with, and no more', () => {
  const sight = ks({
    postBuild: {
      substituteFrom: [
        { kind: 'ConfigMap', name: 'vars' },
        { kind: 'Secret', name: 'hidden' },
      ],
    },
    decryption: { provider: 'sops', secretRef: { name: 'keys' } },
    kubeConfig: { secretRef: { name: 'remote' } },
    patches: [{ patch: 'x', target: { kind: 'ConfigMap', name: 'patched' } }],
  });
  expect(sight.configs).toEqual([
    'ConfigMap/apps/vars',
    'Secret/apps/hidden',
    'Secret/apps/keys',
    'Secret/apps/remote',
  ]);
});

test('an object that bypassed the schema does no harm', () => {
  const broken = {
    apiVersion: 'x',
    kind: 'Kustomization',
    metadata: { name: 'a' },
    spec: 5,
    status: 'x',
  };
  expect(sightOf('Kustomization', broken)).toMatchObject({
    source: '',
    dependencies: [],
    configs: [],
  });
});

test('the index forgets what an object no longer refers to', () => {
  const index = indexOf();
  index.put('ks/a', ['repo/1', 'repo/2']);
  index.put('ks/b', ['repo/1']);
  index.put('ks/a', ['repo/2']);
  expect(index.dependants('repo/1')).toEqual(['ks/b']);
  index.remove('ks/a');
  expect([index.dependants('repo/2'), index.size]).toEqual([[], 1]);
});

test('a revision touches those in whose path a directory changed', () => {
  const at = (path: string) => ks({ path });
  const metadata = { 'sluice.dev/changed-directories': '["apps/web/deep","other"]' };
  const source = repo({ artifact: { revision: 'r2', digest: 'd', metadata } });
  const paths = ['./', 'apps/webshop', 'apps/db', './apps/web/', 'other/deep', '/other'];
  const touched = touchedBy(source, paths.map(at));
  expect(touched?.map(({ path }) => path)).toEqual(['', 'apps/web', 'other']);
  expect(touchedBy(repo({}), paths.map(at))).toBeUndefined();
});

test('an artifact tells the trace in which it was made', () => {
  const metadata = { 'sluice.dev/traceparent': '00-a-b-01' };
  expect(repo({ artifact: { revision: 'r2', digest: 'd', metadata } }).trace).toBe('00-a-b-01');
  expect(repo({ artifact: { revision: 'r2', digest: 'd' } }).trace).toBe('');
});

test.each(['not json', '{}', '[1]', undefined])(
  'changed directories that read %s count for none',
  (text) => {
    const metadata = { 'sluice.dev/changed-directories': text };
    const source = repo({ artifact: { revision: 'r2', digest: 'd', metadata } });
    expect(source.changed).toEqual([]);
  },
);
