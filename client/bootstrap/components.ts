import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';

/** What of the chart is rendered, and with which program. */
export interface ComponentsOptions {
  readonly namespace: string;
  /** Path of helm. */
  readonly helm: string;
  /** Files with values, the later ones win. */
  readonly values: readonly string[];
  /** Values as `name=value`. */
  readonly set: readonly string[];
}

/**
 * The manifests of an installation as the chart makes them, with their namespace and without the Jobs that helm runs around an install.
 * Raises an Error with helm's message, or one that says that helm is missing.
 */
export async function componentsOf(options: ComponentsOptions): Promise<string> {
  const { namespace, helm, values, set } = options;
  const chart = fileURLToPath(new URL('../../deploy/chart', import.meta.url));
  const args = ['template', 'sluice', chart, '--namespace', namespace, '--no-hooks'];
  for (const file of values) args.push('--values', file);
  for (const pair of set) args.push('--set', pair);
  const labels = { 'app.kubernetes.io/part-of': 'flux' };
  const head = stringify({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels },
  });
  try {
    const { stdout } = await promisify(execFile)(helm, args, { maxBuffer: maxOutputBytes });
    return `${head}${stdout}`;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT')
      throw new Error(`${helm} is not there: install helm 3, or name it with --helm`, {
        cause: error,
      });
    const { stderr = '' } = error as { stderr?: string };
    const lines = stderr.split('\n').filter((line) => !line.includes('symbolic link'));
    throw new Error(`helm template: ${lines.join('\n').trim()}`, { cause: error });
  }
}

const maxOutputBytes = 64 * 1024 * 1024;
