import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('a reader that has enough of the output ends the command without a word', async () => {
  const program = fileURLToPath(new URL('../../../client/sluice.js', import.meta.url));
  const child = spawn(process.execPath, [program, 'completion', 'bash'], {
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  const [told] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect({ told, code: child.exitCode }).toEqual({ told: '', code: 0 });
}, 120_000);
