import type { Row } from '../../../test/support/cluster.ts';
import { planDay, type DayCommit } from '../day-plan.ts';
import { member, onCourse, type Course } from '../course.ts';
import { liveApplication, numbered } from '../manifests.ts';
import { percentile } from '../median.ts';
import type { Notes } from '../notes.ts';
import { keyOf, settledCommit } from '../row.ts';
import { TooLate, type View } from '../view.ts';
import type { Race } from './race.ts';

/** How large a mixed day is. */
export interface DaySize {
  readonly members: number;
  readonly commits: number;
  /** Between two commits. */
  readonly seconds: number;
  /** What a health check takes that fails. */
  readonly healthSeconds: number;
}

/** P9: a mixed day of commits, some of which fail their health checks: from a commit to the object in the cluster, and to a Ready that tells of it. */
export function day({ members, commits, seconds, healthSeconds }: DaySize): Race {
  return (running, notes) => {
    const names = numbered('k', members);
    const files = Object.fromEntries(
      names.map((name) => [`${name}/all.yaml`, liveApplication(name, '-1', false)]),
    );
    return onCourse(running, files, async (course, commit) => {
      const spec = { wait: true, timeout: `${healthSeconds}s`, retryInterval: '1m' };
      await course.create(names.map((name) => member(course, name, spec)));
      await course.untilReady(names, commit, startSeconds);
      await course.pause(5000);
      const maps = await course.follow('ConfigMap');
      const title = `P9 a day of ${commits} commits to ${members} Kustomizations`;
      await notes.stretch(course, title, async () => {
        const plan = planDay(members, commits);
        const ends = await Promise.all(await live(course, maps, { plan, seconds }));
        const applied = ends.map((end) => end.applied);
        noteShares(notes, `${title}: commit to applied`, applied);
        const told = ends.map((end) => end.told);
        noteShares(notes, `${title}: commit to Ready or failed`, told);
        const good = ends.filter(({ fails }) => !fails).map((end) => end.told);
        noteShares(notes, `${title}: the good ones to Ready`, good);
      });
    });
  };
}

const startSeconds = 40 * 60;
const limitSeconds = 600;

/** How one commit ended for one Kustomization: seconds until its object was there, and until Ready told of it; Infinity for what did not come in time. */
interface End {
  readonly applied: number;
  readonly told: number;
  readonly fails: boolean;
}

/** Commits by the clock, whatever has become of those before, and gives how they will end. */
async function live(
  course: Course,
  maps: View,
  { plan, seconds }: { readonly plan: readonly DayCommit[]; readonly seconds: number },
): Promise<Promise<End>[]> {
  const indexes = new Map<string, number>();
  const ends: Promise<End>[] = [];
  for (const [index, { touched, failing }] of plan.entries()) {
    const due = performance.now() + seconds * 1000;
    const files = touched.map((at) => {
      const text = liveApplication(`k${at}`, String(index), failing.includes(at));
      return [`k${at}/all.yaml`, text] as const;
    });
    const hash = await course.repository.commit(Object.fromEntries(files));
    indexes.set(hash, index);
    const begun = performance.now();
    await course.tell();
    for (const at of touched) {
      const name = `k${at}`;
      // A later commit may overtake this one; what has come of that has come of this.
      const isTold = (row: Row | undefined): boolean =>
        (indexes.get(settledCommit(row) ?? '') ?? -1) >= index;
      const isApplied = (row: Row | undefined): boolean => Number(keyOf(row)) >= index;
      const end = Promise.all([
        secondsSince(begun, maps.until(name, isApplied, limitSeconds)),
        secondsSince(begun, course.kustomizations.until(name, isTold, limitSeconds)),
      ]).then(([applied, told]) => ({ applied, told, fails: failing.includes(at) }));
      // It is looked at after the last commit, and must not end the process before.
      end.catch(() => undefined);
      ends.push(end);
    }
    await course.pause(Math.max(0, due - performance.now()));
  }
  return ends;
}

/** Never rejects for being late: the others count all the same. */
async function secondsSince(begun: number, done: Promise<void>): Promise<number> {
  try {
    await done;
    return (performance.now() - begun) / 1000;
  } catch (error) {
    if (error instanceof TooLate) return Infinity;
    throw error;
  }
}

function noteShares(notes: Notes, title: string, seconds: readonly number[]): void {
  for (const share of [50, 95, 99]) {
    const value = percentile(seconds, share / 100);
    if (value === Infinity) notes.late(`${title}, p${share}`, limitSeconds);
    else notes.figure(`${title}, p${share}`, value);
  }
}
