import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** Bundles the workflow code, by path and never by import, for a worker or for a replay; with tracing it carries trace contexts on. */
export async function bundleWorkflows({
  tracing = false,
} = {}): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: modulePath('../workflows/index'),
    ...(tracing
      ? { workflowInterceptorModules: [modulePath('./telemetry/workflow-tracing')] }
      : {}),
  });
}

function modulePath(module: string): string {
  const compiled = fileURLToPath(new URL(`${module}.js`, import.meta.url));
  return existsSync(compiled) ? compiled : fileURLToPath(new URL(`${module}.ts`, import.meta.url));
}
