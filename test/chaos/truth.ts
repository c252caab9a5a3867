import { expectationOf } from './content.ts';
import type { Model } from './model.ts';
import type { MemberMoment, Moment, ObjectMoment, Timeline } from './timeline.ts';

/** A change that a user made by hand: the version it got, or of a deletion the version before. */
export interface Touch {
  readonly id: string;
  readonly version?: number;
  readonly deletedAt?: number;
}

/**
 * Tells of every moment in which a Kustomization said Ready=True of its current generation, while the cluster held something else than the
 * revision that it named. What a user changed by hand counts as right until somebody else writes it again.
 */
export function untruths(
  timeline: Timeline,
  model: Pick<Model, 'directory'>,
  touches: readonly Touch[],
): { readonly checks: number; readonly violations: readonly string[] } {
  const state: State = { objects: new Map(), members: new Map(), touched: new Set() };
  const told = new Set<string>();
  const violations: string[] = [];
  let checks = 0;
  for (const moment of timeline.moments) {
    const names = moment.of === 'member' ? [moment.name] : ownersOf(moment, state);
    if (moment.of === 'object') take(moment, state, touches);
    else if (moment.gone) state.members.delete(moment.name);
    else state.members.set(moment.name, moment);
    if (isUncertain(moment, timeline)) continue;
    for (const member of names.flatMap((name) => state.members.get(name) ?? [])) {
      if (!saysReady(member)) continue;
      checks++;
      const wrong = differences(member, state, model);
      const { name, applied, generation } = member;
      const key = `${name} ${applied} ${generation}`;
      if (wrong.length === 0 || told.has(key)) continue;
      told.add(key);
      violations.push(
        `${name} said Ready at ${applied} in version ${moment.version} while ${wrong.join(', ')}`,
      );
    }
  }
  return { checks, violations };
}

function isUncertain({ version }: Moment, { gaps }: Timeline): boolean {
  return gaps.some(({ from, to }) => version >= from && version <= to);
}

function saysReady({ ready, observed, generation, deleting }: MemberMoment): boolean {
  return ready === 'True' && observed === generation && !deleting;
}

interface State {
  readonly objects: Map<string, ObjectMoment>;
  readonly members: Map<string, MemberMoment>;
  readonly touched: Set<string>;
}

/** Whose object it is or was. */
function ownersOf(moment: ObjectMoment, { objects }: State): string[] {
  const owners = new Set([moment.owner, objects.get(moment.id)?.owner ?? '']);
  return [...owners].filter((name) => name !== '');
}

function take(moment: ObjectMoment, { objects, touched }: State, touches: readonly Touch[]): void {
  const before = objects.get(moment.id);
  const isByHand = touches.some(
    ({ id, version, deletedAt }) =>
      id === moment.id &&
      (version === moment.version || (moment.gone && deletedAt === before?.version)),
  );
  if (isByHand) touched.add(moment.id);
  else touched.delete(moment.id);
  if (moment.gone) objects.delete(moment.id);
  else objects.set(moment.id, moment);
}

function differences(
  { name, applied, prefix }: MemberMoment,
  { objects, touched }: State,
  model: Pick<Model, 'directory'>,
): string[] {
  const directory = model.directory(name, applied);
  if (!directory) return [`no commit is ${applied}`];
  const { verdict, objects: wanted } = expectationOf(directory, prefix);
  if (verdict !== 'good') return [`that revision is ${verdict}`];
  const isRight = ([id, serial]: [string, string]): boolean =>
    touched.has(id) || objects.get(id)?.serial === serial;
  const wrong = [...wanted]
    .filter((one) => !isRight(one))
    .map(([id, serial]) => {
      return `${id} was at ${objects.get(id)?.serial ?? 'nothing'} and not at ${serial}`;
    });
  const extra = [...objects].filter(
    ([id, { owner }]) => owner === name && !wanted.has(id) && !touched.has(id),
  );
  return [...wrong, ...extra.map(([id]) => `${id} was still there`)].sort();
}
