import { expectationOf, type Expectation } from './content.ts';
import type { Model } from './model.ts';
import type { MemberMoment, ObjectMoment } from './timeline.ts';

/** What there is in a namespace. */
export interface Present {
  readonly objects: ReadonlyMap<string, ObjectMoment>;
  readonly members: ReadonlyMap<string, MemberMoment>;
}

/**
 * What is wrong with a namespace that has come to rest: the cluster holds the newest revision, as far as it is good, the inventories name
 * exactly what exists, nothing has no owner, and the statuses say how things are. Empty where all is right.
 */
export function unrest(
  names: readonly string[],
  present: Present,
  model: Pick<Model, 'directory' | 'newest'>,
  /** Objects that are no Kustomization's: their uids by `Kind/name`. */
  bystanders: ReadonlyMap<string, string>,
): string[] {
  return [
    ...names.flatMap((name) => faultsOf(name, present, model)),
    ...orphansIn(present, bystanders),
    ...lossesIn(present, bystanders),
  ];
}

/** The serial of objects that nobody may touch. */
export const bystanderSerial = 'bystander';

function orphansIn(present: Present, bystanders: ReadonlyMap<string, string>): string[] {
  const faults: string[] = [];
  for (const [id, { owner, serial }] of present.objects) {
    const wasApplied = owner !== '' || serial !== '';
    if (wasApplied && !bystanders.has(id) && !present.members.has(owner)) {
      faults.push(`${id} is there and belongs to nobody (${owner || 'no owner'})`);
    }
  }
  return faults;
}

function lossesIn({ objects }: Present, bystanders: ReadonlyMap<string, string>): string[] {
  const faults: string[] = [];
  for (const [id, uid] of bystanders) {
    const live = objects.get(id);
    if (live?.uid !== uid) faults.push(`${id} belonged to nobody and is gone`);
    else if (live.serial !== bystanderSerial)
      faults.push(`${id} belonged to nobody and is changed`);
  }
  return faults;
}

function faultsOf(
  name: string,
  { objects, members }: Present,
  model: Pick<Model, 'directory' | 'newest'>,
): string[] {
  const member = members.get(name);
  // Whoever does not exist must have left nothing; objects without owner are told of elsewhere.
  if (!member) return [];
  const live = new Map([...objects].filter(([, { owner }]) => owner === name));
  const newest = model.newest(name);
  const expected = expectationOf(model.directory(name, newest) ?? {}, member.prefix);
  const wrong = [
    ...statusFaults(member, expected.verdict, newest),
    ...(expected.verdict === 'broken' ? [] : objectFaults(expected, live)),
  ];
  // What a pass meant to create is in the inventory before it exists, and stays there until a pass ends well.
  const isWhole = expected.verdict === 'good';
  return [...inventoryFaults(member, live, isWhole), ...wrong.map((what) => `${name} ${what}`)];
}

function statusFaults(
  { deleting, observed, generation, attempted, applied, ready, reason, message }: MemberMoment,
  verdict: Expectation['verdict'],
  newest: string,
): string[] {
  const faults: string[] = [];
  const want = (is: boolean, what: string): void => {
    if (!is) faults.push(what);
  };
  want(!deleting, 'is still being deleted');
  want(observed === generation, `speaks of generation ${observed} and not of ${generation}`);
  want(attempted === newest, `attempted ${attempted} and not ${newest}`);
  const said = `Ready=${ready}: ${reason}: ${message}`;
  if (verdict === 'good') {
    want(ready === 'True', `says ${said}`);
    want(applied === newest, `applied ${applied} and not ${newest}`);
    return faults;
  }
  const wanted = verdict === 'broken' ? 'BuildFailed' : 'HealthCheckFailed';
  want(ready === 'False' && reason === wanted, `is ${verdict} and says ${said}`);
  return faults;
}

function objectFaults(
  { verdict, objects }: Expectation,
  live: ReadonlyMap<string, ObjectMoment>,
): string[] {
  const extra = [...live.keys()].filter((id) => verdict === 'good' && !objects.has(id));
  const differing = [...objects].filter(([id, serial]) => live.get(id)?.serial !== serial);
  return [
    ...extra.map((id) => `still has ${id}`),
    ...differing.map(([id, serial]) => {
      return `has ${id} at ${live.get(id)?.serial ?? 'nothing'} and not at ${serial}`;
    }),
  ];
}

function inventoryFaults(
  { name, inventory }: MemberMoment,
  live: ReadonlyMap<string, unknown>,
  isWhole: boolean,
): string[] {
  const ghosts = isWhole ? inventory.filter((id) => !live.has(id)) : [];
  const orphans = [...live.keys()].filter((id) => !inventory.includes(id));
  return [
    ...ghosts.map((id) => `${name} has ${id} in its inventory, and it does not exist`),
    ...orphans.map((id) => `${name} has not ${id} in its inventory, and it exists`),
  ];
}
