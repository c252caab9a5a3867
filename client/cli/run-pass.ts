import type { Client, WorkflowHandle } from '@temporalio/client';
import { workflowId, type PassReport } from '../../workflows/messages.ts';
import { followPass } from '../follow-pass.ts';
import { CliError } from './failure.ts';
import { kindNamed } from './kinds.ts';
import type { Resource } from './objects.ts';
import { took } from './table.ts';

/** Raises a CliError where no pass can be asked for: another controller reconciles the object, or it is suspended. */
export function checkReconcilable({ kind, metadata, spec }: Resource): void {
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

/** Asks for a pass, prints its stages while they run, and how it ended; raises a CliError where it failed. */
export async function runPass(
  client: Client,
  { kind, metadata }: Resource,
  ask: (workflow: WorkflowHandle) => Promise<PassReport>,
): Promise<void> {
  const key = { namespace: metadata.namespace ?? '', name: metadata.name };
  const title = `${kind}/${key.namespace}/${key.name}`;
  process.stdout.write(`► ${title}\n`);
  const begun = Date.now();
  const done = new AbortController();
  const id = workflowId(kind, key);
  const watching = followPass(client, id, done.signal, (stage, words) => {
    process.stdout.write(`  ${stage}: ${words}\n`);
  });
  let report: PassReport;
  try {
    report = await ask(client.workflow.getHandle(id));
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
