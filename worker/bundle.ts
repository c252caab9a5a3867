import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  type WorkflowBundlePath,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';

interface BundleOptions {
  /** Carries trace contexts on. */
  readonly tracing?: boolean;
}

/** The workflow code of a worker: the file that was bundled when the worker was compiled, or else bundled now, which takes seconds and much memory. */
export async function workflowCode({
  tracing = false,
}: BundleOptions): Promise<WorkflowBundlePath | WorkflowBundleWithSourceMap> {
  const codePath = fileURLToPath(new URL(bundleFile(tracing), import.meta.url));
  return existsSync(codePath) ? { codePath } : bundleWorkflows({ tracing });
}

/** Name of the file beside this module that holds the bundle of a compiled worker. */
export function bundleFile(tracing: boolean): string {
  return tracing ? 'workflows-traced.bundle.js' : 'workflows.bundle.js';
}

/**
 * Bundles the workflow code, by path and never by import, for a worker or for a replay. Its modules are loaded once for all workflows of a
 * worker, so that each costs little memory and begins at once; they must hold no state.
 */
export async function bundleWorkflows({
  tracing = false,
}: BundleOptions = {}): Promise<WorkflowBundleWithSourceMap> {
  const workflowsPath = modulePath('../workflows/index');
  const workflowInterceptorModules = tracing ? [modulePath('./telemetry/workflow-tracing')] : [];
  const preloadModules = [workflowsPath, ...workflowInterceptorModules];
  return bundleWorkflowCode({ workflowsPath, workflowInterceptorModules, preloadModules });
}

function modulePath(module: string): string {
  return fileURLToPath(new URL(`${module}.ts`, import.meta.url));
}
