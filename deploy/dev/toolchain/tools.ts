import type { Build, Download, Platform } from './release.ts';

/** The programs the local stack is made of. */
export type ToolName =
  | 'etcd'
  | 'helm'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubectl'
  | 'kustomize'
  | 'kwok'
  | 'registry'
  | 'sops'
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
  readonly build: Build;
}

const KUBERNETES = 'v1.37.2';
const ETCD = 'v3.6.5';
const HELM = 'v3.22.0';
/** Without it helm takes a cluster that it can not ask for one of version 1.20. */
const HELM_KUBERNETES = ['pkg/chartutil', 'pkg/lint/rules']
  .map((path) => `helm.sh/helm/v3/${path}.k8sVersion`)
  .map((name) => `-X ${name}Major=1 -X ${name}Minor=37`)
  .join(' ');
const KUSTOMIZE = 'v5.8.1';
const KWOK = 'v0.7.0';
const REGISTRY = 'v3.1.2';
const SOPS = 'v3.13.3';
const TEMPORAL = 'v1.5.1';
const GITHUB = 'https://github.com';

/** Every tool with its pinned version: the only place to change one, together with the go.mod of its module. */
export const TOOLS: Readonly<Record<ToolName, Tool>> = {
  'kube-apiserver': kubernetes('kube-apiserver', '7–12 min the first time', 10),
  temporal: tool({
    name: 'temporal',
    version: TEMPORAL,
    versionArgs: ['--version'],
    download: temporalDownload,
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
    download: etcdDownload,
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
    download: kwokDownload,
    build: {
      module: 'kwok',
      package: 'sigs.k8s.io/kwok/cmd/kwok',
      ldflags: '',
      usually: '1–3 min the first time',
      minutes: 2,
    },
  }),
  sops: tool({
    name: 'sops',
    version: SOPS,
    versionArgs: ['--version', '--disable-version-check'],
    download: sopsDownload,
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
    download: helmDownload,
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
    download: kustomizeDownload,
    build: {
      module: 'kustomize',
      package: 'sigs.k8s.io/kustomize/kustomize/v5',
      ldflags: `-X sigs.k8s.io/kustomize/api/provenance.version=${KUSTOMIZE}`,
      usually: 'a minute the first time',
      minutes: 1,
    },
  }),
};

function tool(
  given: Omit<Tool, 'env' | 'anyVersionFromEnv'> & { anyVersionFromEnv?: boolean },
): Tool {
  const env = `SLUICE_${given.name.toUpperCase().replaceAll('-', '_')}`;
  return { env, anyVersionFromEnv: false, ...given };
}

function kubernetes(name: ToolName, usually: string, minutes: number): Tool {
  const [major, minor] = KUBERNETES.slice(1).split('.');
  return tool({
    name,
    version: KUBERNETES,
    versionArgs: name === 'kubectl' ? ['version', '--client'] : ['--version'],
    anyVersionFromEnv: name === 'kubectl',
    download: (platform) => kubernetesDownload(name, platform),
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

/** Servers are published for Linux only, kubectl for macOS too. */
function kubernetesDownload(name: ToolName, { os, arch }: Platform): Download | undefined {
  if (os !== 'linux' && name !== 'kubectl') return undefined;
  const url = `https://dl.k8s.io/release/${KUBERNETES}/bin/${os}/${arch}/${name}`;
  return { url, checksumUrl: `${url}.sha256` };
}

/** For macOS etcd publishes a zip, which is not worth a reader here: it builds in a few minutes. */
function etcdDownload({ os, arch }: Platform): Download | undefined {
  if (os !== 'linux') return undefined;
  const base = `${GITHUB}/etcd-io/etcd/releases/download/${ETCD}`;
  const folder = `etcd-${ETCD}-${os}-${arch}`;
  return {
    url: `${base}/${folder}.tar.gz`,
    member: `${folder}/etcd`,
    ...checksum(
      { os, arch },
      '66bad39ed920f6fc15fd74adcb8bfd38ba9a6412f8c7852d09eb11670e88cac3',
      `${base}/SHA256SUMS`,
    ),
  };
}

function kustomizeDownload({ os, arch }: Platform): Download {
  const base = `${GITHUB}/kubernetes-sigs/kustomize/releases/download/kustomize%2F${KUSTOMIZE}`;
  return {
    url: `${base}/kustomize_${KUSTOMIZE}_${os}_${arch}.tar.gz`,
    member: 'kustomize',
    ...checksum(
      { os, arch },
      '029a7f0f4e1932c52a0476cf02a0fd855c0bb85694b82c338fc648dcb53a819d',
      `${base}/checksums.txt`,
    ),
  };
}

function temporalDownload({ os, arch }: Platform): Download {
  const base = `${GITHUB}/temporalio/cli/releases/download/${TEMPORAL}`;
  return {
    url: `${base}/temporal_cli_${TEMPORAL.slice(1)}_${os}_${arch}.tar.gz`,
    member: 'temporal',
    ...checksum(
      { os, arch },
      'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
      `${base}/checksums.txt`,
    ),
  };
}

function kwokDownload({ os, arch }: Platform): Download {
  const url = `${GITHUB}/kubernetes-sigs/kwok/releases/download/${KWOK}/kwok-${os}-${arch}`;
  return { url, checksumUrl: `${url}.sha256` };
}

function helmDownload({ os, arch }: Platform): Download {
  const url = `https://get.helm.sh/helm-${HELM}-${os}-${arch}.tar.gz`;
  return { url, checksumUrl: `${url}.sha256sum`, member: `${os}-${arch}/helm` };
}

function sopsDownload({ os, arch }: Platform): Download {
  const base = `${GITHUB}/getsops/sops/releases/download/${SOPS}`;
  const url = `${base}/sops-${SOPS}.${os}.${arch}`;
  return { url, checksumUrl: `${base}/sops-${SOPS}.checksums.txt` };
}

/** The pinned checksum is for the commonest machine; others rely on the published list. */
function checksum(
  { os, arch }: Platform,
  linuxAmd64: string,
  checksumUrl: string,
): Pick<Download, 'sha256' | 'checksumUrl'> {
  return os === 'linux' && arch === 'amd64' ? { sha256: linuxAmd64 } : { checksumUrl };
}
