import { stringify } from 'yaml';
import type { KubeObject } from '../../activities/cluster/object.ts';

/** What a cluster follows. */
export interface SyncTarget {
  readonly url: string;
  readonly branch: string;
  /** Directory of the cluster in the repository, without a slash at either end. */
  readonly path: string;
  readonly namespace: string;
  readonly interval: string;
  /** False where the repository is open to everybody. */
  readonly hasCredentials: boolean;
}

/** The source and the Kustomization by which an installation follows its repository; both have the name of its namespace, as with Flux. */
export function syncObjects(target: SyncTarget): KubeObject[] {
  const { url, branch, path, namespace, interval, hasCredentials } = target;
  const metadata = { name: namespace, namespace };
  return [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata,
      spec: {
        interval: '1m0s',
        url,
        ref: { branch },
        ...(hasCredentials ? { secretRef: { name: namespace } } : {}),
      },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata,
      spec: {
        interval,
        path: `./${path}`,
        prune: true,
        sourceRef: { kind: 'GitRepository', name: namespace },
      },
    },
  ];
}

/** The files of an installation in its repository, by path. */
export function installationFiles(target: SyncTarget, components: string): Record<string, string> {
  const directory = `${target.path}/${target.namespace}`;
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['components.yaml', 'sync.yaml'],
  };
  const note = '# Made by sluice bootstrap, which writes it again; change the values instead.\n';
  return {
    [`${directory}/components.yaml`]: `${note}${components}`,
    [`${directory}/sync.yaml`]: `${note}${syncObjects(target)
      .map((one) => stringify(one))
      .join('---\n')}`,
    [`${directory}/kustomization.yaml`]: stringify(kustomization),
  };
}
