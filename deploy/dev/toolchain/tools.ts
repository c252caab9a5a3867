import * as downloads from './downloads.ts';
import { prometheus } from './prometheus.ts';
import type { Build, Download, Platform } from './release.ts';
import { VERSIONS } from './versions.ts';

/** The programs that the local stack is made of, and those that its tests look at it with. */
export type ToolName =
  | 'etcd'
  | 'helm'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubectl'
  | 'kustomize'
  | 'kustomize-controller'
  | 'kwok'
  | 'prometheus'
  | 'promtool'
  | 'registry'
  | 'sops'
  | 'source-controller'
  | 'temporal';

/** How to recognise, download and build one pinned program. */
export interface Tool {
  readonly name: ToolName;
  readonly version: string;
  /** The environment variable that names a path. */
  readonly env: string;
  readonly versionArgs: readonly string[];
  /** kubectl talks to servers of other versions, so a path the user names is taken as it is. */
  readonly anyVersionFromEnv: boolean;
  readonly download: (platform: Platform) => Download | undefined;
  /** Wanted only by what is run by hand; the tests do without. */
  readonly byHand?: boolean;
  /** What is left where there is neither a copy nor a download. */
  readonly build: Build | Package;
}

/** A package of Debian, in the version that the machine's release has; taken without being installed. */
export interface Package {
  readonly debian: string;
  /** The program's path inside the package. */
  readonly member: string;
  readonly usually: string;
  readonly minutes: number;
}

const { KUBERNETES, ETCD, HELM, KUSTOMIZE, KWOK, REGISTRY, SOPS, TEMPORAL } = VERSIONS;
/** Without it helm takes a cluster that it can not ask for one of version 1.20. */
const HELM_KUBERNETES = ['pkg/chartutil', 'pkg/lint/rules']
  .map((path) => `helm.sh/helm/v3/${path}.k8sVersion`)
  .map((name) => `-X ${name}Major=1 -X ${name}Minor=37`)
  .join(' ');

/** Every tool, and how it is had. */
export const TOOLS: Readonly<Record<ToolName, Tool>> = {
  'kube-apiserver': kubernetes('kube-apiserver', '7–12 min the first time', 10),
  temporal: tool({
    name: 'temporal',
    version: TEMPORAL,
    versionArgs: ['--version'],
    download: downloads.temporal,
    build: {
      module: 'temporal',
      package: 'github.com/temporalio/cli/cmd/temporal',
      ldflags: `-X github.com/temporalio/cli/temporalcli.Version=${TEMPORAL.slice(1)}`,
      usually: '4–6 min the first time',
      minutes: 6,
    },
  }),
  etcd: tool({
    name: 'etcd',
    version: ETCD,
    versionArgs: ['--version'],
    download: downloads.etcd,
    build: {
      module: 'etcd',
      package: 'go.etcd.io/etcd/server/v3',
      ldflags: '',
      usually: '1–4 min the first time',
      minutes: 4,
    },
  }),
  'kube-controller-manager': kubernetes('kube-controller-manager', '3–7 min the first time', 5),
  'kube-scheduler': kubernetes('kube-scheduler', '1–3 min the first time', 3),
  kwok: tool({
    name: 'kwok',
    version: KWOK,
    versionArgs: ['--version'],
    download: downloads.kwok,
    build: {
      module: 'kwok',
      package: 'sigs.k8s.io/kwok/cmd/kwok',
      ldflags: '',
      usually: '1–3 min the first time',
      minutes: 2,
    },
  }),
  prometheus: tool(prometheus('prometheus')),
  promtool: tool(prometheus('promtool')),
  sops: tool({
    name: 'sops',
    version: SOPS,
    versionArgs: ['--version', '--disable-version-check'],
    download: downloads.sops,
    build: {
      module: 'sops',
      package: 'github.com/getsops/sops/v3/cmd/sops',
      ldflags: `-X github.com/getsops/sops/v3/version.Version=${SOPS.slice(1)}`,
      usually: '1–2 min the first time',
      minutes: 2,
    },
  }),
  helm: tool({
    name: 'helm',
    version: HELM,
    versionArgs: ['version', '--template={{.Version}}'],
    download: downloads.helm,
    build: {
      module: 'helm',
      package: 'helm.sh/helm/v3/cmd/helm',
      ldflags: `-X helm.sh/helm/v3/internal/version.version=${HELM} ${HELM_KUBERNETES}`,
      usually: '1–3 min the first time',
      minutes: 2,
    },
  }),
  registry: tool({
    name: 'registry',
    version: REGISTRY,
    versionArgs: ['--version'],
    // Needed by few tests: built everywhere alike.
    download: () => undefined,
    build: {
      module: 'distribution',
      package: 'github.com/distribution/distribution/v3/cmd/registry',
      ldflags: `-X github.com/distribution/distribution/v3/version.version=${REGISTRY}`,
      usually: '1–2 min the first time',
      minutes: 2,
    },
  }),
  kubectl: kubernetes('kubectl', '1–2 min the first time', 1),
  kustomize: tool({
    name: 'kustomize',
    version: KUSTOMIZE,
    versionArgs: ['version'],
    download: downloads.kustomize,
    build: {
      module: 'kustomize',
      package: 'sigs.k8s.io/kustomize/kustomize/v5',
      ldflags: `-X sigs.k8s.io/kustomize/api/provenance.version=${KUSTOMIZE}`,
      usually: 'a minute the first time',
      minutes: 1,
    },
  }),
  'kustomize-controller': controller('kustomize-controller', VERSIONS.KUSTOMIZE_CONTROLLER),
  'source-controller': controller('source-controller', VERSIONS.SOURCE_CONTROLLER),
};

function tool(
  given: Omit<Tool, 'env' | 'anyVersionFromEnv'> & { anyVersionFromEnv?: boolean },
): Tool {
  const env = `SLUICE_${given.name.toUpperCase().replaceAll('-', '_')}`;
  return { env, anyVersionFromEnv: false, ...given };
}

/** Flux publishes its controllers as images alone. */
function controller(name: ToolName, version: string): Tool {
  const module = { module: name, package: `github.com/fluxcd/${name}`, ldflags: '' };
  const build = { ...module, usually: '5–8 min the first time', minutes: 8 };
  const download = (): undefined => undefined;
  return tool({ name, version, versionArgs: ['--help'], download, byHand: true, build });
}

function kubernetes(name: ToolName, usually: string, minutes: number): Tool {
  const [major, minor] = KUBERNETES.slice(1).split('.');
  return tool({
    name,
    version: KUBERNETES,
    versionArgs: name === 'kubectl' ? ['version', '--client'] : ['--version'],
    anyVersionFromEnv: name === 'kubectl',
    download: (platform) => downloads.kubernetes(name, platform),
    build: {
      module: 'kubernetes',
      package: `k8s.io/kubernetes/cmd/${name}`,
      ldflags: [
        `-X k8s.io/component-base/version.gitVersion=${KUBERNETES}`,
        `-X k8s.io/component-base/version.gitMajor=${major ?? ''}`,
        `-X k8s.io/component-base/version.gitMinor=${minor ?? ''}`,
        `-X k8s.io/client-go/pkg/version.gitVersion=${KUBERNETES}`,
      ].join(' '),
      usually,
      minutes,
    },
  });
}
