const VERSION = 'v2.42.0';

/** How to get a program of Prometheus. It would be too long a build for what only tests need, so its last resort is Debian's package. */
export function prometheus<Name extends 'prometheus' | 'promtool'>(name: Name): Program<Name> {
  return {
    name,
    version: VERSION,
    versionArgs: ['--version'],
    download: ({ os, arch }: { readonly os: string; readonly arch: string }) => {
      const base = `https://github.com/prometheus/prometheus/releases/download/${VERSION}`;
      const folder = `prometheus-${VERSION.slice(1)}.${os}-${arch}`;
      return {
        url: `${base}/${folder}.tar.gz`,
        member: `${folder}/${name}`,
        checksumUrl: `${base}/sha256sums.txt`,
      };
    },
    build: { debian: 'prometheus', member: `usr/bin/${name}`, usually: 'seconds', minutes: 0 },
  };
}

/** A tool of the toolchain, in as much as it is known here. */
interface Program<Name> {
  readonly name: Name;
  readonly version: string;
  readonly versionArgs: readonly string[];
  readonly download: (platform: { readonly os: string; readonly arch: string }) => {
    readonly url: string;
    readonly member: string;
    readonly checksumUrl: string;
  };
  readonly build: {
    readonly debian: string;
    readonly member: string;
    readonly usually: string;
    readonly minutes: number;
  };
}
