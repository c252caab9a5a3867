import { createInterface } from 'node:readline/promises';
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { Command } from 'commander';
import type { Parked } from '../../activities/contract.ts';
import {
  approveUpdate,
  parkedQuery,
  workflowId,
  type PassReport,
} from '../../workflows/messages.ts';
import { ask } from '../ask.ts';
import { withCluster, withTemporal, type GlobalOptions } from './connections.ts';
import { CliError } from './failure.ts';
import { parseTarget, targetArguments } from './kinds.ts';
import { objectOf, type Resource } from './objects.ts';
import { checkReconcilable, runPass } from './run-pass.ts';

interface ApproveOptions extends GlobalOptions {
  readonly digest?: string;
  readonly yes?: boolean;
}

/** `sluice approve KIND NAME`: shows the deletions over the budget, asks, and runs the pass that makes them. */
export function addApprove(program: Command): void {
  targetArguments(program.command('approve'))
    .description('Approve the deletions that are over the budget of a Kustomization')
    .option('--digest <digest>', 'approve this set only, and fail if it has changed')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  sluice approve ks app -n prod\n  sluice approve ks/app --digest sha256:… --yes\n',
    )
    .action(async (first: string, second: string | undefined, _options, command: Command) => {
      const options: ApproveOptions = command.optsWithGlobals();
      const [kind, name] = parseTarget(first, second);
      if (kind.kind !== 'Kustomization') {
        throw new CliError(`a ${kind.kind} deletes nothing`, 'approve a kustomization');
      }
      const object = await withCluster(options, (cluster, namespace) =>
        objectOf(cluster, kind, namespace, name),
      );
      checkReconcilable(object);
      await withTemporal(options, (client) => runPassAfterConsent({ client, object, options }));
    });
}

async function runPassAfterConsent({
  client,
  object,
  options,
}: {
  client: Parameters<typeof runPass>[0];
  object: Resource;
  options: ApproveOptions;
}): Promise<void> {
  const { kind, metadata } = object;
  const key = { namespace: metadata.namespace ?? '', name: metadata.name };
  const title = `${kind}/${key.namespace}/${key.name}`;
  const parked = await client.workflow.getHandle(workflowId(kind, key)).query(parkedQuery);
  if (!parked) {
    const next = `sluice explain ks ${key.name} -n ${key.namespace}`;
    throw new CliError(`no deletion of ${title} waits for approval`, next);
  }
  if (options.digest !== undefined && options.digest !== parked.digest) {
    const next = `look at what is parked now: sluice approve ks ${key.name} -n ${key.namespace}`;
    throw new CliError(`the parked set of ${title} is ${parked.digest}`, next);
  }
  process.stdout.write(describe(title, parked));
  await consent(parked, options, key);
  await runPass(client, object, (workflow) => approve(workflow, parked.digest, title));
}

function describe(title: string, { digest, count, budget, names }: Parked): string {
  const more = count > names.length ? [`and ${count - names.length} more`] : [];
  const lines = [...names, ...more].map((line) => `  ${line}`);
  const head = `${title} would delete ${count}, over its budget of ${budget}:`;
  return [head, ...lines, `digest: ${digest}`, ''].join('\n');
}

async function consent(
  { count, digest }: Parked,
  { yes }: ApproveOptions,
  { namespace, name }: { namespace: string; name: string },
): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    const next = `sluice approve ks ${name} -n ${namespace} --digest ${digest} --yes`;
    throw new CliError('nobody is there to ask, nothing is approved', next);
  }
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question(`Delete ${count === 1 ? 'it' : `these ${count}`}? [y/N] `);
  prompt.close();
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new CliError('nothing is approved', 'answer y to approve');
  }
}

async function approve(
  workflow: WorkflowHandle,
  digest: string,
  title: string,
): Promise<PassReport> {
  try {
    const reason = 'deletions approved with sluice approve';
    return await ask(workflow, approveUpdate.name, { digest, reason });
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    throw new CliError(`${title}: ${error.cause?.message ?? error.message}`, 'run it again');
  }
}
