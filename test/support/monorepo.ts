import { definition, type DefinedVersion } from './definitions.ts';
import { configMap, deployment } from './manifests.ts';
import { encryptedSecret } from './sops.ts';

/** What the monorepo of one test is called by, so that several stand beside each other in one cluster. */
export interface MonorepoNames {
  /** Namespace of the Kustomizations, their keys and their variables. */
  readonly home: string;
  /** Namespace of the applications, which comes with the repository. */
  readonly apps: string;
  /** API group of the custom resources. */
  readonly group: string;
}

/** The Kustomizations that the root creates, and the one each depends on. */
export const members = {
  definitions: undefined,
  controllers: 'definitions',
  configs: 'controllers',
  shop: 'configs',
  ledger: 'shop',
  edge: 'configs',
} as const;

export type Member = keyof typeof members;

/**
 * A repository of a platform team: clusters/ with a Kustomization for each part, infrastructure/ with CRDs, an operator and the settings of
 * the cluster, apps/ with bases and overlays, and edge/ for a remote cluster. The root Kustomization is of the path clusters/production.
 */
export async function monorepo(names: MonorepoNames): Promise<Record<string, string>> {
  return {
    ...clusterFiles(names),
    ...definitionFiles(names, [firstVersion]),
    'infrastructure/controllers/namespace.yaml': `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${names.apps} }\n`,
    'infrastructure/controllers/operator.yaml': deployment('gauge-operator'),
    'infrastructure/configs/variables.yaml': configMap('cluster-variables', { region: 'north' }),
    'infrastructure/configs/secrets.yaml': await encryptedSecret('cluster-secrets', {
      password: 'pass-word',
    }),
    ...appFiles(names),
    ...gaugeFiles(names, 'v1', { max: '10' }),
    'apps/production/shop/token.yaml': await encryptedSecret('token', { token: 'shop-token' }),
    'edge/cache.yaml': configMap('cache', { region: '${region}', size: '${size:=small}' }),
  };
}

/** The CRD of the gauges in these versions. */
export function definitionFiles(
  { group }: MonorepoNames,
  versions: readonly DefinedVersion[],
): Record<string, string> {
  return { 'infrastructure/definitions/gauges.yaml': definition(group, 'Gauge', versions) };
}

/** Two versions of the CRD, of which the second has one more field. */
export const firstVersion: DefinedVersion = { name: 'v1', fields: ['max', 'region'] };
export const secondVersion: DefinedVersion = { name: 'v2', fields: ['max', 'region', 'unit'] };

/** The gauge of the shop at a version. */
export function gaugeFiles(
  { group }: MonorepoNames,
  version: string,
  spec: object,
): Record<string, string> {
  const apiVersion = `${group}/${version}`;
  const content = { max: '1', region: '${region}', ...spec };
  const gauge = { apiVersion, kind: 'Gauge', metadata: { name: 'load' }, spec: content };
  return { 'apps/production/shop/gauge.yaml': JSON.stringify(gauge) };
}

function clusterFiles(names: MonorepoNames): Record<string, string> {
  return Object.fromEntries(
    Object.entries(members).map(([name, dependency]) => {
      const dependsOn = dependency ? [{ name: dependency }] : [];
      const spec = { ...standing, ...partsOf(names)[name as Member], dependsOn };
      const manifest = {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: { name, namespace: names.home },
        spec,
      };
      return [`clusters/production/${name}.yaml`, JSON.stringify(manifest)];
    }),
  );
}

/** What all of them have in common. */
const standing = {
  interval: '10m',
  retryInterval: '5s',
  prune: true,
  wait: true,
  sourceRef: { kind: 'GitRepository', name: 'repo' },
};

function partsOf({ home, apps }: MonorepoNames): Record<Member, object> {
  const decryption = { provider: 'sops', secretRef: { name: 'sops-age' } };
  const postBuild = {
    substituteFrom: [
      { kind: 'ConfigMap', name: 'cluster-variables' },
      { kind: 'Secret', name: 'cluster-secrets' },
    ],
  };
  return {
    definitions: { path: './infrastructure/definitions' },
    controllers: { path: './infrastructure/controllers', targetNamespace: apps },
    configs: { path: './infrastructure/configs', targetNamespace: home, decryption },
    shop: { path: './apps/production/shop', targetNamespace: apps, decryption, postBuild },
    ledger: { path: './apps/production/ledger', targetNamespace: apps, postBuild },
    edge: {
      path: './edge',
      targetNamespace: home,
      namePrefix: 'edge-',
      postBuild,
      kubeConfig: { secretRef: { name: 'edge-kubeconfig' } },
    },
  };
}

function appFiles({ apps }: MonorepoNames): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of ['shop', 'ledger']) {
    const settings = configMap(`${name}-settings`, { region: '${region}' });
    files[`apps/base/${name}/deployment.yaml`] = deployment(name);
    files[`apps/base/${name}/settings.yaml`] = settings;
    files[`apps/base/${name}/kustomization.yaml`] = 'resources: [deployment.yaml, settings.yaml]\n';
  }
  files['apps/production/ledger/account.yaml'] = `apiVersion: v1
kind: Secret
metadata: { name: account }
stringData: { address: "ledger://\${password}" }
`;
  files['apps/production/ledger/kustomization.yaml'] = `namespace: ${apps}
resources: [../../base/ledger, account.yaml]
`;
  files['apps/production/shop/kustomization.yaml'] = `namespace: ${apps}
resources: [../../base/shop, gauge.yaml, token.yaml]
replicas: [{ name: shop, count: 3 }]
`;
  return files;
}
