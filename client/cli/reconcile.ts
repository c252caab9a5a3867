import type { Command } from 'commander';
import { reconcileUpdate } from '../../workflows/messages.ts';
import { ask } from '../ask.ts';
import { askBridge } from './ask-bridge.ts';
import { withCluster, withTemporal, type GlobalOptions } from './connections.ts';
import { kindNamed, parseTarget, targetArguments, type Kind } from './kinds.ts';
import { objectOf } from './objects.ts';
import { checkReconcilable, runPass } from './run-pass.ts';

interface ReconcileOptions extends GlobalOptions {
  readonly withSource?: boolean;
}

/** `sluice reconcile KIND NAME`: asks for a pass, shows its stages live and fails if it fails. */
export function addReconcile(program: Command): void {
  targetArguments(program.command('reconcile'))
    .description('Run a pass now and watch its stages; exits with 1 when it fails')
    .option('--with-source', 'fetch the source first')
    .addHelpText(
      'after',
      '\nExamples:\n  sluice reconcile ks app -n prod\n  sluice reconcile ks/app --with-source\n  sluice reconcile gitrepo app-repo\n',
    )
    .action(async (first: string, second: string | undefined, _options, command: Command) => {
      const options: ReconcileOptions = command.optsWithGlobals();
      await reconcile(options, parseTarget(first, second));
    });
}

async function reconcile(options: ReconcileOptions, [kind, name]: [Kind, string]): Promise<void> {
  const targets = await withCluster(options, async (cluster, namespace) => {
    const object = await objectOf(cluster, kind, namespace, name);
    if (!options.withSource || !object.spec.sourceRef) return [object];
    const { sourceRef } = object.spec;
    const sourceNamespace = sourceRef.namespace ?? namespace;
    const source = kindNamed(sourceRef.kind);
    return [await objectOf(cluster, source, sourceNamespace, sourceRef.name), object];
  });
  for (const object of targets) checkReconcilable(object);
  if (kind.byBridge) {
    await withCluster(options, (cluster) => askBridge(cluster, kind, targets));
    return;
  }
  await withTemporal(options, async (client) => {
    for (const object of targets) {
      await runPass(client, object, (workflow) =>
        ask(workflow, reconcileUpdate.name, {
          reason: 'asked with sluice reconcile',
        }),
      );
    }
  });
}
