import { expect, test } from 'vitest';
import { createLog } from '../../client/log.ts';

test.each([
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['error', ['error']],
] as const)('the level %s lets %j through', (level, written) => {
  const lines: string[] = [];
  const log = createLog({ level, stream: { write: (line) => lines.push(line) } });
  for (const name of ['debug', 'info', 'warn', 'error'] as const) log[name](name, { a: 1 });
  const rows = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(rows.map((row) => row['msg'])).toEqual(written);
  expect(rows.at(-1)).toMatchObject({ level: 'error', a: 1, ts: expect.any(String) as string });
});
