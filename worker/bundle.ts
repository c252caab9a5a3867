import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** Bundles the workflow code, by path and never by import, for a worker or for a replay. */
export async function bundleWorkflows(): Promise<WorkflowBundleWithSourceMap> {
  const compiled = fileURLToPath(new URL('../workflows/index.js', import.meta.url));
  const source = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
  return bundleWorkflowCode({ workflowsPath: existsSync(compiled) ? compiled : source });
}
