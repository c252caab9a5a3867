import { expect, test } from 'vitest';
import { kustomization } from '../support/cluster.ts';
import { commandLine } from '../support/command-line.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository } = await openSource({ 'a.yaml': configMap('a') });
await space.apply(kustomization('app', 'repo', { targetNamespace: space.name }));
await space.untilReady('Kustomization', 'app');

const sluice = commandLine(space.name);

test('get lists what is there, as a table, as JSON and as YAML', async () => {
  const all = await sluice('get', 'all');
  expect(all.stdout).toMatch(/NAME +REVISION +SUSPENDED +READY +AGE +MESSAGE/);
  expect(all.stdout).toMatch(/kustomization\/app +main@sha1:[0-9a-f]{8} +False +True/);
  expect(all.stdout).toMatch(/gitrepository\/repo +main@sha1:[0-9a-f]{8} +False +True/);
  const json = await sluice('get', 'ks', 'app', '-o', 'json');
  expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'Kustomization' });
  const yaml = await sluice('get', 'ks', '-o', 'yaml');
  expect(yaml.stdout).toContain('kind: List');
  const wide = await sluice('get', 'ks', '-o', 'wide', '-A');
  expect(wide.stdout).toMatch(new RegExp(`${space.name} +kustomization/app .*GitRepository/repo`));
});

test('reconcile with the source runs both passes and exits with 0', async () => {
  await repository.commit({ 'b.yaml': configMap('b') });
  const { code, stdout } = await sluice('reconcile', 'ks', 'app', '--with-source');
  expect(stdout).toMatch(/► GitRepository[\s\S]*✔ stored artifact[\s\S]*► Kustomization[\s\S]*✔/);
  expect(code).toBe(0);
  expect(await space.get('ConfigMap', 'b')).toBeDefined();
});

test('reconcile exits with 1 when the pass fails, and says why and what next', async () => {
  await repository.commit({ 'broken.yaml': 'a: [' });
  const { code, stderr } = await sluice('reconcile', 'ks/app', '--with-source');
  expect(code).toBe(1);
  expect(stderr).toContain(`Kustomization/${space.name}/app failed: BuildFailed`);
  expect(stderr).toContain('broken.yaml');
  expect(stderr).toContain(`next: sluice explain kustomization app -n ${space.name}`);
});

test('explain and history tell of the failure, with a link to its page', async () => {
  const explained = await sluice('explain', 'ks', 'app');
  expect(explained.stdout).toMatch(/Phase: +failed/);
  expect(explained.stdout).toContain('broken.yaml');
  await expect
    .poll(async () => (await sluice('history', 'ks', 'app')).stdout, { timeout: 20_000 })
    .toMatch(
      /BuildFailed +http:\/\/ui\.example\.com\/namespaces\/default\/workflows\/kustomization%2F\S+\/history/,
    );
  const rows = JSON.parse((await sluice('history', 'ks', 'app', '-o', 'json')).stdout) as unknown;
  expect(rows).toContainEqual(expect.objectContaining({ trigger: 'start', changes: '1 created' }));
});

test('history and explain tell which change by hand a sync corrected', async () => {
  await repository.commit({ 'broken.yaml': undefined });
  await sluice('reconcile', 'ks', 'app', '--with-source');
  await space.patch('ConfigMap', 'a', { data: { key: 'by hand' } });
  const drift = `ConfigMap/${space.name}/a: data.key changed by kubectl-edit`;
  await expect
    .poll(
      async () => {
        const { stdout } = await sluice('history', 'ks', 'app', '-o', 'json');
        return JSON.parse(stdout) as { trigger: string; why: string }[];
      },
      { timeout: 60_000 },
    )
    .toContainEqual(
      expect.objectContaining({
        trigger: 'drift',
        outcome: 'applied',
        why: expect.stringContaining(drift) as string,
      }),
    );
  const { stdout } = await sluice('explain', 'ks', 'app');
  expect(stdout).toMatch(/Trigger: +drift/);
  expect(stdout).toContain(drift);
});

test('events of one object are listed', async () => {
  const { stdout } = await sluice('events', '--for', 'ks/app');
  expect(stdout).toMatch(/Warning +BuildFailed +kustomization\/app/);
});

test('suspend and resume set the spec, and a suspended object is not reconciled', async () => {
  expect((await sluice('suspend', 'ks', 'app')).stdout).toContain('suspended');
  expect((await space.get('Kustomization', 'app'))?.['spec']).toMatchObject({ suspend: true });
  const refused = await sluice('reconcile', 'ks', 'app');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`next: sluice resume kustomization app -n ${space.name}`);
  expect((await sluice('resume', 'ks', 'app')).stdout).toContain('resumed');
});

test.each([
  [['get', 'ks', 'nope'], 'no Kustomization named nope'],
  [['explain', 'ks', 'nope'], 'sluice get kustomization -A'],
  [['get', 'pods'], 'there is no kind pods'],
  [['get', 'all', '--kubeconfig', '/does/not/exist'], '/does/not/exist'],
  [['history', 'ks', 'app', '--temporal-address', '127.0.0.1:1'], 'set TEMPORAL_ADDRESS'],
])('sluice %j fails with a message that helps', async (args, text) => {
  const { code, stderr } = await sluice(...args);
  expect(code).toBe(1);
  expect(stderr).toContain(text);
});

test.each(['bash', 'zsh', 'fish'])('completion for %s knows every command', async (shell) => {
  const { stdout } = await sluice('completion', shell);
  for (const word of ['reconcile', 'history', 'explain', '--with-source']) {
    expect(stdout).toContain(word);
  }
});
