import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TOOLS } from '../../deploy/dev/toolchain/tools.ts';
import { contextRoot, stageNamed, stages } from '../support/dockerfile.ts';

test.each(['standard', 'hardened'])(
  'the image %s runs the command line as nobody',
  async (name) => {
    const { steps } = await stageNamed(name);
    const last = (keyword: string): string | undefined =>
      steps.filter((step) => step.keyword === keyword).at(-1)?.text;
    expect(last('USER')).toBe('65532:65532');
    expect(JSON.parse(last('ENTRYPOINT') ?? '')).toEqual(['node', 'client/sluice.js']);
    expect(last('WORKDIR')).toBe('/app');
  },
);

test('every base has a version, and the tools that are built are those of the local stack', async () => {
  const all = await stages();
  const own = all.map(({ name }) => name);
  for (const { base } of all.filter((stage) => !own.includes(stage.base))) {
    expect(base).toMatch(/[:-][\w.-]*\d/);
    expect(base).not.toContain('latest');
  }
  const builds = (await stageNamed('tools')).steps.map(({ text }) => text);
  for (const { name, build } of [TOOLS.kustomize, TOOLS.sops]) {
    if ('debian' in build) throw new Error(`${name} is not built`);
    const command = builds.find((text) => text.startsWith(`cd ${name} && go build`));
    expect(command).toContain(build.ldflags);
    expect(command).toContain(`-o /out/${name} ${build.package}`);
    expect(builds).toContain(`deploy/dev/modules/${build.module} ${name}`);
  }
});

test('what the image takes is in its context, and nothing else is', async () => {
  const rules = (await readFile(join(contextRoot, 'deploy/Dockerfile.dockerignore'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(rules[0]).toBe('*');
  const allowed = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
  const copied = (await stages())
    .flatMap(({ steps }) => steps)
    .filter(({ keyword, text }) => keyword === 'COPY' && !text.startsWith('--from'))
    .flatMap(({ text }) => text.split(' ').slice(0, -1));
  for (const path of copied) {
    expect(allowed.some((rule) => path === rule || path.startsWith(`${rule}/`))).toBe(true);
  }
});
