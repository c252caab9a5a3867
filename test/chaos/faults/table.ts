import type { HttpGate } from '../gates/http-gate.ts';
import type { Installation, WorkerSite } from '../sites.ts';
import { partOf, victimOf } from '../victims.ts';
import type { Injection } from './injection.ts';
import type { FaultName, PlannedFault } from './names.ts';
import { killing, pausing } from './processes.ts';
import { temporalCut, temporalLost, temporalRestored } from './temporal.ts';
import { apiTrouble, trouble } from './ways.ts';
import { cacheRemoved, cacheUnwritable, clockJump, diskFull } from './worker.ts';

/** What a fault hits. */
export interface Scene {
  readonly installation: Installation;
  /** The ways to the Git servers of the run. */
  readonly git: readonly HttpGate[];
  /** Sends this many webhooks to the sources of the run. */
  readonly storm: (count: number) => Promise<void>;
}

/** How a planned fault is done at a scene. */
export function injectionOf(scene: Scene, fault: PlannedFault): Injection {
  return injections[fault.name](scene, fault);
}

type Make = (scene: Scene, fault: PlannedFault) => Injection;

const injections: Record<FaultName, Make> = {
  'worker-kill': (scene, fault) => killing([victimOf(worker(scene, fault))]),
  'workers-kill': (scene) => killing(scene.installation.workers.map(victimOf)),
  'worker-pause': (scene, fault) => pausing([victimOf(worker(scene, fault))]),
  'workers-pause': (scene) => pausing(scene.installation.workers.map(victimOf)),
  'bridge-kill': (scene) => killing([victimOf(scene.installation.bridge)]),
  'bridge-pause': (scene) => pausing([victimOf(scene.installation.bridge)]),
  'temporal-kill': (scene) => killing([partOf(scene.installation, 'temporal')]),
  'temporal-pause': (scene) => pausing([partOf(scene.installation, 'temporal')]),
  'temporal-cut': (scene, fault) => temporalCut(worker(scene, fault)),
  'temporal-restored': (scene, { variant }) => temporalRestored(scene.installation, variant < 50),
  'temporal-lost': (scene, { variant }) => temporalLost(scene.installation, variant < 50),
  'api-kill': (scene) => killing([partOf(scene.installation, 'kube-apiserver')]),
  'api-pause': (scene) => pausing([partOf(scene.installation, 'kube-apiserver')]),
  'etcd-kill': (scene) => killing([partOf(scene.installation, 'etcd')]),
  'etcd-pause': (scene) => pausing([partOf(scene.installation, 'etcd')]),
  'api-429': (scene, fault) =>
    apiTrouble(scene.installation, fault, { kind: 'status', status: 429, share: 0.7 }),
  'api-500': (scene, fault) =>
    apiTrouble(scene.installation, fault, { kind: 'status', status: 500, share: 0.7 }),
  'api-hang': (scene, fault) => apiTrouble(scene.installation, fault, { kind: 'hang', share: 0.2 }),
  'api-cut': (scene, fault) => apiTrouble(scene.installation, fault, { kind: 'cut', share: 0.4 }),
  'api-stale': (scene, fault) => apiTrouble(scene.installation, fault, { kind: 'stale' }),
  'api-expired': (scene, fault) => apiTrouble(scene.installation, fault, { kind: 'expired' }),
  'artifacts-cut': ({ installation }) => trouble([installation.artifacts], 'artifacts', 'cut'),
  'artifacts-garbage': ({ installation }) =>
    trouble([installation.artifacts], 'artifacts', 'garbage'),
  'artifacts-refused': ({ installation }) =>
    trouble([installation.artifacts], 'artifacts', 'refuse'),
  'artifacts-hang': ({ installation }) => trouble([installation.artifacts], 'artifacts', 'hang'),
  'cache-removed': (scene, fault) => cacheRemoved(worker(scene, fault)),
  'cache-unwritable': (scene, fault) => cacheUnwritable(worker(scene, fault)),
  'disk-full': (scene, fault) => diskFull(worker(scene, fault)),
  'clock-jump': (scene, fault) => clockJump(worker(scene, fault), fault.variant),
  'git-slow': ({ git }) => trouble(git, 'git', { kind: 'slow', delayMs: 2000 }),
  'git-cut': ({ git }) => trouble(git, 'git', 'cut'),
  'git-garbage': ({ git }) => trouble(git, 'git', 'garbage'),
  'git-500': ({ git }) => trouble(git, 'git', { kind: 'status', status: 500 }),
  'webhook-storm': ({ storm }) => ({
    locks: [],
    async begin() {
      await storm(200);
      return () => Promise.resolve();
    },
  }),
};

function worker({ installation }: Scene, { variant }: PlannedFault): WorkerSite {
  const site = installation.workers[variant % installation.workers.length];
  if (!site) throw new Error('there is no worker');
  return site;
}
