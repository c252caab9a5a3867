import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { resolveTool, SILENT } from '../../deploy/dev/index.ts';
import type { Output } from './command-line.ts';

/** The directory of the chart. */
export const chartDirectory = fileURLToPath(new URL('../../deploy/chart', import.meta.url));

/** Helm with a home of its own. */
export interface Helm {
  /** Runs a command; how it ended is for the caller to judge. */
  run(...args: string[]): Promise<Output>;
  /** The path of a file with values. */
  valuesFile(values: object): Promise<string>;
  /** What the chart makes of values, hooks and all; raises an Error with what helm printed. */
  render(values: object, namespace?: string): Promise<KubeObject[]>;
  close(): Promise<void>;
}

/** Helm in its pinned version, which reads nothing of the user's; it works with a cluster where a kubeconfig is given. */
export async function openHelm(kubeconfig = '/dev/null'): Promise<Helm> {
  const binary = await resolveTool('helm', SILENT);
  const home = await mkdtemp(join(tmpdir(), 'sluice-helm-'));
  const env = { HOME: home, PATH: '', KUBECONFIG: kubeconfig, HELM_DEBUG: 'false' };
  let files = 0;
  const run: Helm['run'] = (...args) =>
    new Promise((resolve) => {
      const options = { env, maxBuffer: 64 * 1024 * 1024 };
      execFile(binary, args, options, (error, stdout, stderr) => {
        const failed = typeof error?.code === 'number' ? error.code : 1;
        resolve({ code: error ? failed : 0, stdout, stderr });
      });
    });
  const valuesFile: Helm['valuesFile'] = async (values) => {
    const file = join(home, `values-${files++}.json`);
    await writeFile(file, JSON.stringify(values));
    return file;
  };
  return {
    run,
    valuesFile,
    async render(values, namespace = 'flux-system') {
      const file = await valuesFile(values);
      const args = ['template', 'test', chartDirectory, '-n', namespace, '-f', file];
      const { code, stdout, stderr } = await run(...args);
      if (code !== 0) throw new Error(stderr);
      return parseAllDocuments(stdout)
        .map((document) => document.toJS() as KubeObject | null)
        .filter((object) => object !== null);
    },
    close: () => rm(home, { recursive: true, force: true }),
  };
}
