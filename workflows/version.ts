import { workflowInfo, type ContinueAsNewOptions } from '@temporalio/workflow';

/** Whether the run is pinned to a version of the workers that is not the current one any more; never on servers before 1.31. */
export function isOutdated(): boolean {
  return workflowInfo().targetWorkerDeploymentVersionChanged;
}

/** Lets the next run begin on the current version of the workers, where this one is pinned to an older. */
export function nextVersion(): Pick<ContinueAsNewOptions, 'initialVersioningBehavior'> {
  return isOutdated() ? { initialVersioningBehavior: 'AUTO_UPGRADE' } : {};
}
