import { execFile } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DockerfileParser } from 'dockerfile-ast';

/** The root of the repository, from which images are built. */
export const contextRoot = fileURLToPath(new URL('../..', import.meta.url));

/** One instruction, its arguments as one text. */
export interface Step {
  readonly keyword: string;
  readonly text: string;
}

/** A stage of a Dockerfile. */
export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly steps: readonly Step[];
}

/** The stages of the Dockerfile, in its order. */
export async function stages(): Promise<Stage[]> {
  const text = await readFile(join(contextRoot, 'deploy/Dockerfile'), 'utf8');
  const parsed = DockerfileParser.parse(text);
  const found: { name: string; base: string; steps: Step[] }[] = [];
  for (const instruction of parsed.getInstructions()) {
    const keyword = instruction.getKeyword();
    const text = instruction.toString().slice(keyword.length).trim();
    if (keyword === 'FROM') {
      const [, base = '', name = ''] = /^(?:--\S+ )*(\S+)(?: AS (\S+))?$/i.exec(text) ?? [];
      found.push({ name, base, steps: [] });
    } else found.at(-1)?.steps.push({ keyword, text });
  }
  return found;
}

/** One stage; raises an Error where there is none of that name. */
export async function stageNamed(name: string): Promise<Stage> {
  const found = (await stages()).find((stage) => stage.name === name);
  if (!found) throw new Error(`the Dockerfile has no stage ${name}`);
  return found;
}

// The checkout's own installation has filled npm's cache. A registry that stalls would hold a request for npm's own five minutes.
const env = {
  ...process.env,
  npm_config_prefer_offline: 'true',
  npm_config_fetch_timeout: '60000',
};

/**
 * Does what COPY and RUN of a stage say, in a directory in place of its working directory, and with another in place of /out, which stages
 * hand on; raises where a step fails.
 */
export async function perform(stage: Stage, directory: string, out: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const { keyword, text } of stage.steps) {
    const moved = text.replace(/(?<= )\/out\b/, out);
    if (keyword === 'COPY') await copy(moved.split(' '), directory);
    if (keyword === 'RUN') await promisify(execFile)('sh', ['-c', moved], { cwd: directory, env });
  }
}

async function copy(paths: readonly string[], directory: string): Promise<void> {
  const target = paths.at(-1) ?? '';
  const [first = ''] = paths;
  if (first.startsWith('--from=')) {
    await cp(paths[1] ?? '', join(directory, target), { recursive: true });
    return;
  }
  for (const source of paths.slice(0, -1)) {
    const place = target === './' ? source : target;
    await mkdir(dirname(join(directory, place)), { recursive: true });
    await cp(join(contextRoot, source), join(directory, place), { recursive: true });
  }
}
