import { member, onCourse, type Course } from '../course.ts';
import { each } from '../cost.ts';
import { application, numbered } from '../manifests.ts';
import type { Notes } from '../notes.ts';
import { sum, type ByGroup, type Cost } from '../outcome.ts';
import { residentMiB } from '../processes.ts';
import type { Race } from './race.ts';

/** P1, P2, P8 and P6: many Kustomizations from nothing, a commit that touches one of them, memory, and some minutes of idling where any are wanted. */
export function many(count: number, idleMinutes: number): Race {
  return (running, notes) => {
    const names = numbered('k', count);
    const files = Object.fromEntries(names.map((name) => [`${name}/all.yaml`, application(name)]));
    return onCourse(running, files, async (course, commit) => {
      await cold(course, { notes, names, commit });
      await course.pause(3000);
      await touchOne(course, notes, names);
      const memory = await each(running.processes, residentMiB);
      noteByProcess(notes, `P8 memory with ${count} x 4 objects, MiB`, memory);
      if (idleMinutes > 0) await idle(course, { notes, count, minutes: idleMinutes });
    });
  };
}

const limitSeconds = 40 * 60;

async function cold(
  course: Course,
  { notes, names, commit }: { notes: Notes; names: readonly string[]; commit: string },
): Promise<void> {
  const title = `P1 cold sync of ${names.length} x 4 objects`;
  await notes.stretch(course, title, async () => {
    const ready = course.untilReady(names, commit, limitSeconds);
    const created = course.create(names.map((name) => member(course, name, { interval: '5m' })));
    await Promise.all([ready, created]);
  });
  const seconds = notes.result.figures[title]?.value ?? 0;
  notes.figure(`${title}: seconds for each Kustomization`, seconds / names.length);
}

async function touchOne(course: Course, notes: Notes, names: readonly string[]): Promise<void> {
  const name = names[names.length >> 1] ?? '';
  const title = `P2 one of ${names.length} touched`;
  const ingress = await course.follow('Ingress', name);
  const commit = await course.repository.commit({ [`${name}/all.yaml`]: application(name, 'new') });
  await notes.stretch(course, `${title}: until all have noted it`, async () => {
    const noted = course.untilReady(names, commit, limitSeconds);
    const applied = notes.timed(`${title}: until applied`, async () => {
      await course.tell();
      await ingress.until(
        name,
        (row) => row?.metadata.annotations?.['example.com/value'] === 'new',
        limitSeconds,
      );
    });
    await Promise.all([noted, applied]);
  });
}

/** Idles; then the contestant ends, and what the control plane does by itself is measured, since its metrics do not tell by whom it was asked. */
async function idle(
  course: Course,
  { notes, count, minutes }: { notes: Notes; count: number; minutes: number },
): Promise<void> {
  const title = `P6 idle, ${count} Kustomizations, interval 5m`;
  await notes.stretch(course, title, () => course.pause(minutes * 60_000));
  const cost = notes.result.costs[title];
  if (cost) noteHourly(notes, title, cost);
  await course.running.endOwn();
  // Watches that are cut make the control plane busy for a moment.
  await course.pause(10_000);
  const alone = 'P6 the control plane alone';
  await notes.stretch(course, alone, () => course.pause(Math.min(minutes, 3) * 60_000));
  const rest = notes.result.costs[alone];
  if (rest) noteHourly(notes, alone, rest);
}

function noteHourly(notes: Notes, title: string, cost: Cost): void {
  const hourly = (amount: number): number => (amount * 3600) / cost.seconds;
  const { own, temporal, plane } = cost.cpu;
  if (sum(own) > 0) notes.figure(`${title}: CPU-seconds of its own, an hour`, hourly(sum(own)));
  if (sum(temporal) > 0) {
    notes.figure(`${title}: CPU-seconds of Temporal, an hour`, hourly(sum(temporal)));
  }
  notes.figure(`${title}: CPU-seconds of the control plane, an hour`, hourly(sum(plane)));
  notes.figure(`${title}: API requests, an hour`, hourly(sum(cost.requests)));
  if (cost.historyEvents !== undefined) {
    notes.figure(`${title}: events of Temporal, an hour`, hourly(cost.historyEvents));
  }
}

function noteByProcess(notes: Notes, title: string, { own, temporal, plane }: ByGroup): void {
  notes.figure(`${title}: its own together`, sum(own));
  for (const [name, value] of Object.entries({ ...own, ...temporal, ...plane })) {
    notes.figure(`${title}: ${name}`, value);
  }
}
