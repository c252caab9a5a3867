import { configMap } from '../support/manifests.ts';
import { buildFailed, forbidden, type Attempt, type Places } from './attempts.ts';

const noRemote = /^BuildFailed: .*this worker refuses those/s;

const rbac = 'rbac.authorization.k8s.io';
const yaml = (object: object): string => JSON.stringify(object);
const generator = (fields: object): string =>
  yaml({ apiVersion: 'builtin', kind: 'ConfigMapGenerator', metadata: { name: 'x' }, ...fields });
const withFunction = (kind: string, value: object): string =>
  yaml({
    apiVersion: 'example.com/v1',
    kind,
    metadata: { name: 'x', annotations: { 'config.kubernetes.io/function': yaml(value) } },
  });

/** What can be tried by files in the repository. */
export function builds({ own, other, inner }: Places): Attempt[] {
  const none = { targetNamespace: undefined };
  const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' };
  const subjects = [{ kind: 'ServiceAccount', name: 'default', namespace: own }];
  const object = (title: string, content: object): Attempt => ({
    title,
    files: { 'x.yaml': yaml(content) },
    spec: none,
    expected: forbidden,
  });
  const meta = { name: 'taken', namespace: other };
  const objects = [
    object("an object in b's namespace", { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta }),
    object("the object that b's Kustomization applied", {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'own', namespace: other },
      data: { key: 'taken' },
    }),
    object("a Kustomization in b's namespace", {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: meta,
      spec: { interval: '1m', prune: true, sourceRef: { kind: 'GitRepository', name: 'repo' } },
    }),
    object("a RoleBinding in b's namespace", {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: meta,
      roleRef,
      subjects,
    }),
    object('cluster-admin by a ClusterRoleBinding', {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'taken' },
      roleRef,
      subjects,
    }),
    object('a ClusterRole', {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'taken' },
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    }),
    object('a Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'taken' } }),
  ];
  const kustomize = (
    title: string,
    content: string | object,
    { expected = buildFailed, files = {} }: Partial<Attempt> = {},
  ): Attempt => {
    const text = typeof content === 'string' ? content : yaml(content);
    return { title, files: { 'kustomization.yaml': text, ...files }, expected };
  };
  const remoteBases = [
    'https://github.com/org/repo',
    'http://127.0.0.1:1/x.yaml',
    'git::https://host.example/org/repo',
    'ssh://git@host.example/org/repo',
    'git@host.example:org/repo',
    'github.com/org/repo//base?ref=main',
    'https://host.example/org/repo?ref=v1',
    's3::https://bucket.example/x',
    'oci://host.example/x',
    'file:///etc',
    `${inner}/x.yaml`,
    `${inner}/x.git//base?ref=main`,
  ].map((url) => kustomize(`a remote base ${url}`, { resources: [url] }, { expected: noRemote }));
  return [
    ...objects,
    ...remoteBases,
    kustomize('a remote base //host.example/x', { resources: ['//host.example/x'] }),
    kustomize(
      'a remote base behind a directory of its name',
      { resources: ['github.com/o/r'] },
      {
        expected: noRemote,
        files: {
          'github.com/o/r/kustomization.yaml': yaml({ resources: ['x.yaml'] }),
          'github.com/o/r/x.yaml': configMap('x'),
        },
      },
    ),
    kustomize(
      'a schema from the network',
      { openapi: { path: `${inner}/x` } },
      { expected: noRemote },
    ),
    kustomize(
      'a configuration from the network',
      { configurations: [`${inner}/x`] },
      { expected: noRemote },
    ),
    kustomize(
      'a generated file from the network',
      { configMapGenerator: [{ name: 'x', files: [`${inner}/x`] }] },
      { expected: noRemote },
    ),
    kustomize('a file of the worker', {
      configMapGenerator: [{ name: 'x', files: ['/etc/passwd'] }],
    }),
    kustomize('a file of the worker, field in other case', {
      ConfigMapGenerator: [{ name: 'x', Files: ['/etc/passwd'] }],
    }),
    kustomize(
      'a file of the worker, behind a line separator',
      '# \u2028configMapGenerator: [{ name: x, files: [/etc/passwd] }]\n',
    ),
    kustomize(
      'a file of the worker, as binary YAML',
      'configMapGenerator: [{ name: x, files: [!!binary L2V0Yy9wYXNzd2Q=] }]\n',
    ),
    kustomize(
      'a file of the worker, by a directory of generators',
      { generators: ['g'] },
      {
        files: {
          'g/kustomization.yaml': yaml({ resources: ['g.yaml'] }),
          'g/g.yaml': generator({ files: ['/etc/passwd'] }),
        },
      },
    ),
    kustomize('a file of another artifact', { resources: ['../../../other/tree/x.yaml'] }),
    kustomize('a Helm chart', { helmCharts: [{ name: 'x', repo: 'https://charts.example' }] }),
    kustomize(
      'a Helm chart as generator',
      { generators: ['g.yaml'] },
      {
        files: {
          'g.yaml': yaml({
            apiVersion: 'builtin',
            kind: 'HelmChartInflationGenerator',
            metadata: { name: 'x' },
          }),
        },
      },
    ),
    kustomize(
      'a generator that runs a command',
      { generators: ['g.yaml'] },
      {
        files: { 'g.yaml': withFunction('Run', { exec: { path: '/bin/true' } }) },
      },
    ),
    kustomize(
      'a generator that runs a container',
      { generators: ['g.yaml'] },
      {
        files: { 'g.yaml': withFunction('Run', { container: { image: 'busybox' } }) },
      },
    ),
    kustomize(
      'a plugin',
      { transformers: ['g.yaml'] },
      {
        files: {
          'g.yaml': yaml({ apiVersion: 'example.com/v1', kind: 'Sed', metadata: { name: 'x' } }),
        },
      },
    ),
  ];
}
