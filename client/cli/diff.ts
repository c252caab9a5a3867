import { stat } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import type { Cluster } from '../../activities/cluster/client.ts';
import { loadKustomization } from '../../activities/cluster/kustomizations.ts';
import { createTargets } from '../../activities/cluster/targets.ts';
import { readSource } from '../../activities/cluster/source.ts';
import type { ArtifactRef, ObjectKey } from '../../activities/contract.ts';
import { resolveTool } from '../../deploy/dev/index.ts';
import { previewSync, type ObjectDifference } from '../diff/preview.ts';
import { renderHere } from '../diff/render-here.ts';
import { withCluster, type GlobalOptions } from './connections.ts';
import { CliError, explainFailure } from './failure.ts';
import { parseTarget, targetArguments } from './kinds.ts';

interface DiffOptions extends GlobalOptions {
  readonly path?: string;
  readonly output?: 'json';
}

/** `sluice diff KIND NAME`: what the next sync would change; exits with 1 where that is something, and with 2 on an error. */
export function addDiff(program: Command): void {
  targetArguments(program.command('diff'))
    .description('Show what the next sync would change; exits with 1 when it would, 2 on an error')
    .option('--path <dir>', 'a local directory in place of spec.path of the artifact')
    .addOption(new Option('-o, --output <format>', 'how').choices(['json']))
    .addHelpText(
      'after',
      '\nExamples:\n  sluice diff ks app -n prod\n  sluice diff ks app --path ./apps/production\n',
    )
    .action(async (first: string, second: string | undefined, _options, command: Command) => {
      const options: DiffOptions = command.optsWithGlobals();
      try {
        const [{ kind }, name] = parseTarget(first, second);
        if (kind !== 'Kustomization') {
          throw new CliError(`${kind} has no objects of its own`, 'sluice diff ks NAME');
        }
        const found = await withCluster(options, (cluster, namespace) =>
          differencesOf(cluster, { namespace, name }, options.path),
        );
        const json = `${JSON.stringify(found, undefined, 2)}\n`;
        process.stdout.write(options.output === 'json' ? json : found.map(inWords).join(''));
        if (found.length > 0) process.exitCode = 1;
      } catch (error) {
        process.stderr.write(`${explainFailure(error)}\n`);
        process.exitCode = 2;
      }
    });
}

/** What the next sync of a Kustomization would change. Raises CliError where it is not there or has no artifact. */
export async function differencesOf(
  cluster: Cluster,
  key: ObjectKey,
  path?: string,
): Promise<ObjectDifference[]> {
  const loaded = await loadKustomization(cluster, key);
  const title = `Kustomization/${key.namespace}/${key.name}`;
  if (!loaded) throw new CliError(`${title} is not there`, 'sluice get ks -A lists what is');
  if (path !== undefined && !(await stat(path).catch(() => undefined))?.isDirectory()) {
    throw new CliError(`--path ${path} is no directory`, 'name a directory of your checkout');
  }
  const artifact = await artifactOf(cluster, loaded.spec.sourceRef, key, path !== undefined);
  const kustomize = await resolveTool('kustomize');
  const sops = loaded.spec.decryption ? await resolveTool('sops') : '';
  const set = await renderHere({ cluster, kustomize, sops, artifact, path }, key, loaded);
  // Whoever looks does so with the own rights, on whatever cluster the objects are.
  const spec = { ...loaded.spec, serviceAccountName: undefined };
  const targets = createTargets(cluster, { insecureKubeconfigTls: false });
  try {
    const target = await targets.open({ ...loaded, spec }, key);
    return await previewSync(target, key, loaded, set);
  } finally {
    await targets.close();
  }
}

async function artifactOf(
  cluster: Cluster,
  sourceRef: Parameters<typeof readSource>[1],
  { namespace }: ObjectKey,
  isLocal: boolean,
): Promise<ArtifactRef> {
  // Local files are rendered anew in every call, whatever they are called.
  if (isLocal) return { url: '', digest: '', revision: 'local' };
  const { artifact, why } = await readSource(cluster, sourceRef, namespace);
  if (artifact) return artifact;
  throw new CliError(why, 'wait for the source, or compare a checkout with --path');
}

function inWords({ title, change, fields }: ObjectDifference): string {
  const lines = fields.flatMap(({ path, before, after }) => [
    `  ${path}`,
    ...(before === undefined ? [] : [`    - ${before}`]),
    ...(after === undefined ? [] : [`    + ${after}`]),
  ]);
  return [`► ${title} ${change}`, ...lines, ''].join('\n');
}
