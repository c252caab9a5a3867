import type { WorkerOptions } from '@temporalio/worker';
import type { WorkerSettings } from './settings.ts';

/** Worker versioning, on where deployment and build are named; raises an Error where only one of them is. */
export function versioningOf(
  settings: WorkerSettings,
): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  const { TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_WORKER_BUILD_ID: buildId } = settings;
  if (!deploymentName && !buildId) return {};
  if (!deploymentName || !buildId) {
    const missing = deploymentName ? 'TEMPORAL_WORKER_BUILD_ID' : 'TEMPORAL_DEPLOYMENT_NAME';
    throw new Error(
      `wrong settings: ${missing} is missing: a version has a deployment and a build`,
    );
  }
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: settings.SLUICE_VERSIONING_BEHAVIOR,
    },
  };
}
