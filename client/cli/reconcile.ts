import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import {
  reconcileUpdate,
  workflowId,
  type PassReport,
  type Wake,
} from '../../workflows/messages.ts';
import { followPass } from '../follow-pass.ts';
import { withCluster, withTemporal, type GlobalOptions } from './connections.ts';
import { CliError } from './failure.ts';
import { kindNamed, parseTarget, targetArguments, type Kind } from './kinds.ts';
import { objectOf, type Resource } from './objects.ts';
import { took } from './table.ts';

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
  await withTemporal(options, async (client) => {
    for (const object of targets) await runPass(client, object);
  });
}

function checkReconcilable({ kind, metadata, spec }: Resource): void {
  const title = `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
  if (!kindNamed(kind).reconciled) {
    throw new CliError(
      `${title} is not reconciled by Sluice, which only reads its artifacts`,
      'ask the controller that makes them, or leave --with-source out',
    );
  }
  if (!spec.suspend) return;
  const resume = `sluice resume ${kind.toLowerCase()} ${metadata.name} -n ${metadata.namespace ?? ''}`;
  throw new CliError(`${title} is suspended`, resume);
}

async function runPass(client: Client, { kind, metadata }: Resource): Promise<void> {
  const key = { namespace: metadata.namespace ?? '', name: metadata.name };
  const title = `${kind}/${key.namespace}/${key.name}`;
  process.stdout.write(`► ${title}\n`);
  const begun = Date.now();
  const done = new AbortController();
  const watching = followPass(client, workflowId(kind, key), done.signal, (stage, words) => {
    process.stdout.write(`  ${stage}: ${words}\n`);
  });
  let report: PassReport;
  try {
    report = await client.workflow
      .getHandle(workflowId(kind, key))
      .executeUpdate<PassReport, [Wake]>(reconcileUpdate.name, {
        args: [{ reason: 'asked with sluice reconcile' }],
      });
  } finally {
    done.abort();
    await watching;
  }
  if (!report.ready) {
    throw new CliError(
      `${title} failed: ${report.reason}: ${report.message}`,
      `sluice explain ${kind.toLowerCase()} ${key.name} -n ${key.namespace}`,
    );
  }
  process.stdout.write(`✔ ${report.message} (${took(Date.now() - begun)})\n`);
}
