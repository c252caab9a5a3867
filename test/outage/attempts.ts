import type { Manifest } from '../support/cluster.ts';

/** One thing that a tenant tries, and what the Ready condition has to answer, as `reason: message`. */
export interface Attempt {
  readonly title: string;
  /** Files of a directory of its own in the repository. */
  readonly files?: Record<string, string>;
  readonly spec?: object;
  readonly objects?: readonly Manifest[];
  readonly expected: RegExp;
}

/** The namespace of the tenant, that of the other one, and an address that only the worker may reach. */
export interface Places {
  readonly own: string;
  readonly other: string;
  readonly inner: string;
}

/** The API server's own refusal. */
export const forbidden = /^ReconciliationFailed: .*(Forbidden|forbidden)/s;
/** A build that was refused or failed. */
export const buildFailed = /^BuildFailed: /;

/** What can be tried by fields of a Kustomization. */
export function specs({ own, other, inner }: Places): Attempt[] {
  const at = { path: './own' };
  const denied = /^AccessDenied: .*cross-namespace references have been blocked/;
  const try_ = (
    title: string,
    spec: object,
    expected: RegExp,
    objects: Manifest[] = [],
  ): Attempt => ({
    title,
    spec: { ...at, ...spec },
    expected,
    objects,
  });
  const unknown = /^the API server: .*field not declared in schema/;
  const missing = new RegExp(`(Secret|ConfigMap)/${own}/[^ ]+ (not found|is not there)|not found`);
  const access = (name: string, data: Record<string, string>): Manifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: { provider: 'generic', address: 'https://127.0.0.1:1', ...data },
  });
  const byConfigMap = (name: string): object => ({ kubeConfig: { configMapRef: { name } } });
  const artifact = (name: string, url: string): Manifest => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'ExternalArtifact',
    metadata: { name },
    status: {
      artifact: {
        path: 'x',
        url,
        revision: 'main@sha1:0',
        digest: `sha256:${'0'.repeat(64)}`,
        lastUpdateTime: new Date().toISOString(),
      },
    },
  });
  const from = (name: string): object => ({ sourceRef: { kind: 'ExternalArtifact', name } });
  return [
    try_(
      "a source of b's namespace",
      { sourceRef: { kind: 'GitRepository', name: 'repo', namespace: other } },
      denied,
    ),
    try_(
      "a dependency of b's namespace",
      { dependsOn: [{ name: 'victim', namespace: other }] },
      denied,
    ),
    try_(
      "variables of b's Secret",
      { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'keys', namespace: other }] } },
      unknown,
    ),
    try_(
      "variables of b's Secret by its path",
      { postBuild: { substituteFrom: [{ kind: 'Secret', name: `../../${other}/secrets/keys` }] } },
      missing,
    ),
    try_(
      "keys of b's Secret",
      { decryption: { provider: 'sops', secretRef: { name: 'keys', namespace: other } } },
      unknown,
    ),
    try_(
      "a kubeconfig of b's Secret",
      { kubeConfig: { secretRef: { name: 'keys', namespace: other } } },
      unknown,
    ),
    try_(
      "a kubeconfig of b's Secret by its path",
      { kubeConfig: { secretRef: { name: `../../${other}/secrets/keys`, key: 'k' } } },
      missing,
    ),
    try_("b's namespace as target", { targetNamespace: other }, forbidden),
    try_(
      "b's namespace by a patch",
      {
        targetNamespace: undefined,
        patches: [
          {
            patch: `[{"op":"add","path":"/metadata/namespace","value":"${other}"}]`,
            target: { kind: 'ConfigMap' },
          },
        ],
      },
      forbidden,
    ),
    try_("the name of b's service account", { serviceAccountName: 'owner' }, forbidden),
    try_(
      "b's service account by its full name",
      { serviceAccountName: `${other}:owner` },
      /^ReconciliationFailed: .*is no name of a ServiceAccount/,
    ),
    try_(
      'another header by the service account',
      { serviceAccountName: 'x\r\nImpersonate-Group: system:masters' },
      /^ReconciliationFailed: .*is no name/,
    ),
    try_('an empty service account', { serviceAccountName: '', targetNamespace: other }, forbidden),
    try_(
      'a path out of the repository',
      { path: '../..' },
      /^ArtifactFailed: .*leaves the artifact/,
    ),
    try_('an absolute path', { path: '/etc' }, /^ArtifactFailed: .*not in the artifact/),
    try_(
      'a link out of the repository',
      { path: './link' },
      /^ArtifactFailed: .*not in the artifact/,
    ),
    try_('a component out of the repository', { components: ['../../x'] }, buildFailed),
    try_('a component from the network', { components: ['https://host.example/x'] }, buildFailed),
    try_(
      "the health of b's Secret",
      { healthChecks: [{ apiVersion: 'v1', kind: 'Secret', name: 'keys', namespace: other }] },
      /Forbidden|forbidden/,
    ),
    try_(
      "a look into b's Secret by CEL",
      {
        healthChecks: [{ apiVersion: 'v1', kind: 'Secret', name: 'keys', namespace: other }],
        healthCheckExprs: [{ apiVersion: 'v1', kind: 'Secret', current: "data.k.startsWith('c')" }],
      },
      /Forbidden|forbidden/,
    ),
    try_(
      "tokens of b's service account",
      byConfigMap('owner'),
      new RegExp(`ServiceAccount/${own}/owner`),
      [access('owner', { serviceAccountName: 'owner' })],
    ),
    try_(
      "tokens of b's service account by its path",
      byConfigMap('path'),
      /no token of ServiceAccount/,
      [access('path', { serviceAccountName: `../../${other}/serviceaccounts/owner` })],
    ),
    try_("the worker's own identity", byConfigMap('nobody'), /names no serviceAccountName/, [
      access('nobody', {}),
    ]),
    try_("the worker's own cloud identity", byConfigMap('cloud'), /^UnsupportedField: /, [
      access('cloud', { provider: 'aws', cluster: 'x' }),
    ]),
    try_('an artifact of an inner address', from('inner'), /^ArtifactFailed: .*its digest is/, [
      artifact('inner', `${inner}/x`),
    ]),
    try_('an artifact of a file of the worker', from('file'), /^ArtifactFailed: .*not on http/, [
      artifact('file', 'file:///etc/passwd'),
    ]),
  ];
}
