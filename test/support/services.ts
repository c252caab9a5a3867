import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The port at which a service of a directory serves its metrics, as its log tells. */
export async function metricsPort(dir: string, service: 'worker' | 'bridge'): Promise<number> {
  const log = await readFile(join(dir, `${service}.log`), 'utf8');
  const [, port = ''] = new RegExp(`${service} runs".*"metricsPort":(\\d+)`).exec(log) ?? [];
  return Number(port);
}
