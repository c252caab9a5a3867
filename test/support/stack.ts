import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { globalKeys } from './sops.ts';
import { startSystem } from './system.ts';

declare module 'vitest' {
  interface ProvidedContext {
    kubeconfig: string;
    temporalAddress: string;
    temporalUiUrl: string;
    kubectl: string;
    /** Directory of the stack, with its database and its logs. */
    stackDir: string;
    serviceDir: string;
  }
}

/** Which objects the shared bridge works on; a test that runs its own services labels its objects with the key. */
export const mainShard = '!sharding.fluxcd.io/key';

/** One stack, one worker and one bridge for all end-to-end files of a run; each file has its own namespace. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
  const system = await startSystem(dir, {
    SLUICE_SOPS_AGE_SECRET: `${globalKeys.namespace}/${globalKeys.name}`,
    SLUICE_WATCH_LABEL_SELECTOR: mainShard,
    SLUICE_CUSTOM_APPLY_STAGE_KINDS: 'rbac.authorization.k8s.io/Role',
  });
  project.provide('kubeconfig', system.stack.kubeconfig);
  project.provide('temporalAddress', system.stack.temporalAddress);
  project.provide('temporalUiUrl', system.stack.temporalUiUrl ?? '');
  project.provide('kubectl', system.stack.tools['kubectl'] ?? 'kubectl');
  project.provide('stackDir', system.stack.dir);
  project.provide('serviceDir', system.serviceDir);
  return () => system.stop();
}
