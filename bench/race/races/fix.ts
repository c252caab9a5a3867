import { deployment } from '../../../test/support/manifests.ts';
import { member, onCourse } from '../course.ts';
import type { Race } from './race.ts';

/** P5: a fix is committed while a health check waits, which would give up after these seconds. */
export function fix(healthSeconds: number): Race {
  return (running, notes) => {
    const files = { 'app/all.yaml': deployment('app', { pod: 'unready' }) };
    return onCourse(running, files, async (course) => {
      const app = await course.follow('Deployment', 'app');
      await course.create([member(course, 'app', { wait: true, timeout: `${healthSeconds}s` })]);
      await app.until('app', (row) => row !== undefined, limitSeconds);
      await course.pause(5000);
      await course.repository.commit({ 'app/all.yaml': deployment('app', { image: 'nginx:2' }) });
      await notes.stretch(
        course,
        `P5 fix in a health wait of ${healthSeconds}s: until applied`,
        async () => {
          await course.tell();
          const isFixed = (spec: unknown): boolean => JSON.stringify(spec).includes('nginx:2');
          await app.until('app', (row) => isFixed(row?.spec), limitSeconds);
        },
      );
    });
  };
}

const limitSeconds = 120;
