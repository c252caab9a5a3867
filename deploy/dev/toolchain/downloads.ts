import type { Download, Platform } from './release.ts';
import { VERSIONS } from './versions.ts';

const { KUBERNETES, ETCD, HELM, KUSTOMIZE, KWOK, SOPS, TEMPORAL } = VERSIONS;
const GITHUB = 'https://github.com';

/** The release of a part of Kubernetes; servers are published for Linux only, kubectl for macOS too. */
export function kubernetes(name: string, { os, arch }: Platform): Download | undefined {
  if (os !== 'linux' && name !== 'kubectl') return undefined;
  const url = `https://dl.k8s.io/release/${KUBERNETES}/bin/${os}/${arch}/${name}`;
  return { url, checksumUrl: `${url}.sha256` };
}

/** The release of etcd. For macOS it is a zip, which is not worth a reader here: etcd builds in a few minutes. */
export function etcd({ os, arch }: Platform): Download | undefined {
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

/** The release of kustomize. */
export function kustomize({ os, arch }: Platform): Download {
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

/** The release of temporal. */
export function temporal({ os, arch }: Platform): Download {
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

/** The release of kwok. */
export function kwok({ os, arch }: Platform): Download {
  const url = `${GITHUB}/kubernetes-sigs/kwok/releases/download/${KWOK}/kwok-${os}-${arch}`;
  return { url, checksumUrl: `${url}.sha256` };
}

/** The release of helm. */
export function helm({ os, arch }: Platform): Download {
  const url = `https://get.helm.sh/helm-${HELM}-${os}-${arch}.tar.gz`;
  return { url, checksumUrl: `${url}.sha256sum`, member: `${os}-${arch}/helm` };
}

/** The release of sops. */
export function sops({ os, arch }: Platform): Download {
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
