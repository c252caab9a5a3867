import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { resolveTool } from '../../deploy/dev/index.ts';
import { VERSIONS } from '../../deploy/dev/toolchain/versions.ts';

/** Date, machine and versions, as they stand above the figures. */
export async function headOf(args: readonly string[]): Promise<Record<string, string>> {
  const cores = cpus();
  return {
    Date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    Command: ['npm run bench --', ...args].join(' '),
    Commit: await commitOf(),
    Machine: `${cores.length} cores, ${cores[0]?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}`,
    'Load before': loadavg()
      .map((load) => load.toFixed(2))
      .join(' '),
    Node: process.version,
    Temporal: await temporalVersion(),
    Kubernetes: `${VERSIONS.KUBERNETES}, etcd ${VERSIONS.ETCD}, kwok ${VERSIONS.KWOK}`,
    Flux: `source-controller ${VERSIONS.SOURCE_CONTROLLER}, kustomize-controller ${VERSIONS.KUSTOMIZE_CONTROLLER}`,
  };
}

async function commitOf(): Promise<string> {
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('git', args, { cwd: import.meta.dirname })).stdout.trim();
  try {
    const changed = (await git('status', '--porcelain', '--untracked-files=no')) !== '';
    return `${await git('rev-parse', '--short', 'HEAD')}${changed ? ', with changes' : ''}`;
  } catch {
    return 'unknown';
  }
}

async function temporalVersion(): Promise<string> {
  const { stdout } = await promisify(execFile)(await resolveTool('temporal'), ['--version']);
  return stdout.trim().replace(/^temporal version /, 'CLI ');
}
