/** The faults that there are, by the name that `--faults` takes; each says in words what is done. */
export const faults = {
  'worker-kill': 'one of the two workers gets SIGKILL and comes back later',
  'workers-kill': 'both workers get SIGKILL and come back later',
  'worker-pause': 'one of the workers stands still (SIGSTOP)',
  'workers-pause': 'both workers stand still',
  'bridge-kill': 'the bridge gets SIGKILL and comes back later',
  'bridge-pause': 'the bridge stands still',
  'temporal-kill': 'the Temporal server gets SIGKILL and comes back later',
  'temporal-pause': 'the Temporal server stands still',
  'temporal-cut': 'the connections of one worker to Temporal are cut and refused',
  'temporal-restored': 'the database of Temporal is put back to a copy of some seconds before',
  'temporal-lost': 'the database of Temporal is lost',
  'api-kill': 'the API server gets SIGKILL and comes back later',
  'api-pause': 'the API server stands still',
  'etcd-kill': 'etcd gets SIGKILL and comes back later',
  'etcd-pause': 'etcd stands still',
  'api-429': 'the API server answers 429 to most requests of ours',
  'api-500': 'the API server answers 500 to most requests of ours',
  'api-hang': 'the API server answers a part of the requests of ours never',
  'api-cut':
    'connections are cut after the API server has done what was asked, before it has answered',
  'api-stale': 'watches get nothing more, although they are open',
  'api-expired': 'watches are cut and refused with 410, so that everything is listed again',
  'artifacts-cut': 'downloads of artifacts end in the middle',
  'artifacts-garbage': 'downloads of artifacts are of other bytes',
  'artifacts-refused': 'nothing serves artifacts',
  'artifacts-hang': 'requests for artifacts get no answer',
  'cache-removed': 'the files of a worker are removed while it runs',
  'cache-unwritable': 'the directories of a worker can not be written to',
  'disk-full': 'the disk of a worker is full',
  'clock-jump': 'the clock of a worker jumps, and later back',
  'git-slow': 'the Git server answers late',
  'git-cut': 'the Git server cuts its answers in the middle',
  'git-garbage': 'the Git server answers 200 and garbage',
  'git-500': 'the Git server answers 500',
  'webhook-storm': 'hundreds of webhooks come in at once, signed and forged ones',
} as const;

/** The name of a fault. */
export type FaultName = keyof typeof faults;

/** The names of all faults. */
export const faultNames = Object.keys(faults) as FaultName[];

/** The names of a list with commas, in which the start of a name stands for all that begin so; raises RangeError for one that fits none. */
export function namesIn(list: string): FaultName[] {
  const wanted = list.split(',').map((part) => part.trim());
  for (const part of wanted) {
    if (faultNames.some((name) => name.startsWith(part))) continue;
    throw new RangeError(`no fault is named "${part}"; there are ${faultNames.join(', ')}`);
  }
  return faultNames.filter((name) => wanted.some((part) => name.startsWith(part)));
}

/** One fault of a plan. */
export interface PlannedFault {
  readonly name: FaultName;
  /** When, in milliseconds after the first commit. */
  readonly atMs: number;
  readonly lastsMs: number;
  /** It waits for an object in this stage, for some seconds. */
  readonly aim: (typeof aims)[number] | undefined;
  /** Decides what the fault leaves open, such as which worker it hits; from 0 to 99. */
  readonly variant: number;
}

/** The stages that faults are aimed at. */
export const aims = ['fetch', 'render', 'apply', 'health', 'prune', 'fetchSource'] as const;
