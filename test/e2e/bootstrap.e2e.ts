import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { resolveTool, SILENT } from '../../deploy/dev/index.ts';
import { conditionOf, testNamespace } from '../support/cluster.ts';
import { commandLine } from '../support/command-line.ts';
import { directoryWith } from '../support/files.ts';
import { testRepository } from '../support/repository.ts';
import { openSpace } from '../support/space.ts';
import { newKey, startSshServer } from '../support/ssh-server.ts';

const authorization = `Basic ${Buffer.from('git:the-token').toString('base64')}`;
const { space, repository } = await openSpace({ authorization });
// git's http-backend takes no push unless the repository says so.
await repository.git(
  '-C',
  join(repository.served, 'repo.git'),
  'config',
  'http.receivepack',
  'true',
);
const helm = await resolveTool('helm', SILENT);
const sluice = commandLine(space.name, {
  KUBECONFIG: inject('kubeconfig'),
  TEMPORAL_ADDRESS: inject('temporalAddress'),
  GIT_PASSWORD: 'the-token',
});

/** Pods are not what this is about: the cluster has worker and bridge already. */
const chart = [
  '--helm',
  helm,
  '--set',
  'worker.replicas=0',
  'bridge.replicas=0',
  'crds.install=false',
];
const bootstrap = (...more: string[]): ReturnType<typeof sluice> =>
  sluice(
    'bootstrap',
    'git',
    '--url',
    repository.url,
    '--path',
    './clusters/test',
    ...chart,
    ...more,
  );

test('install --export prints what the chart makes, with its namespace', async () => {
  const { stdout, code } = await sluice('install', '--export', ...chart);
  const kinds = parseAllDocuments(stdout).map(
    (one) => (one.toJS() as { kind?: string } | null)?.kind,
  );
  expect(kinds).toEqual(expect.arrayContaining(['Namespace', 'Deployment', 'ClusterRole']));
  expect(kinds).not.toContain('Job');
  expect(code).toBe(0);
  const failed = await sluice('install', '--export', '--helm', '/no/helm');
  expect(failed.stderr).toContain('/no/helm is not there: install helm 3');
});

test('bootstrap commits an installation to an empty repository and lets it follow', async () => {
  const { stdout, stderr, code } = await bootstrap();
  expect(stderr).toBe('');
  expect(stdout).toMatch(/✔ committed [0-9a-f]{8} to main\n✔ components applied/);
  expect(code).toBe(0);
  const row = await space.untilReady('Kustomization', space.name);
  expect(conditionOf(row, 'Ready')?.message).toMatch(/main@sha1:/);
  const entries = row.status.inventory?.entries.map(({ id }) => id) ?? [];
  expect(entries).toContain(`${space.name}_sluice-worker_apps_Deployment`);
  expect(entries).toContain(
    `${space.name}_${space.name}_kustomize.toolkit.fluxcd.io_Kustomization`,
  );
});

test('a second bootstrap changes nothing', async () => {
  const { stdout } = await bootstrap();
  expect(stdout).toContain('✔ main holds all of it already');
});

test('what is wrong is told before anything is written', async () => {
  const wrong = await sluice(
    'bootstrap',
    'git',
    '--url',
    repository.url,
    '--path',
    '../x',
    ...chart,
  );
  expect(wrong.stderr).toContain('--path ../x is no directory of the repository');
  const other = await sluice('bootstrap', 'git', '--url', 'git@x:y', '--path', 'x', ...chart);
  expect(other.stderr).toContain('git@x:y is not reached over https or ssh');
  const ssh = await sluice('bootstrap', 'git', '--url', 'ssh://git@x/y', '--path', 'x', ...chart);
  expect(ssh.stderr).toContain('ssh://git@x/y needs --private-key-file');
  const branch = await bootstrap('--branch', 'gone');
  expect(branch.stderr).toContain('the repository has no branch gone');
  const values = await bootstrap('--set', 'replicas=1');
  expect(values.stderr).toContain("additional properties 'replicas' not allowed");
  for (const { stderr } of [wrong, other, ssh, branch, values])
    expect(stderr).not.toContain('the-token');
});

test('bootstrap over ssh pushes with a deploy key, with which the cluster fetches', async () => {
  const [own, fleet] = [await testNamespace(), await testRepository()];
  const key = newKey('ed25519', 'canary-passphrase');
  const server = await startSshServer({ authorized: [key.public] });
  const files = await directoryWith({
    key: key.private,
    known_hosts: server.knownHosts,
    other_hosts: `[127.0.0.1]:${server.port} ${newKey().public}`,
  });
  onTestFinished(async () => {
    await server.close();
    await Promise.all([own.close(), fleet.close(), rm(files, { recursive: true, force: true })]);
  });
  // The server runs as somebody else where the tests run as root.
  await promisify(execFile)('chmod', ['-R', 'a+rwX', fleet.path]);
  const run = commandLine(own.name, {
    KUBECONFIG: inject('kubeconfig'),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    GIT_PASSWORD: 'canary-passphrase',
  });
  const url = server.url(fleet.path);
  const overSsh = (path: string, hosts: string): ReturnType<typeof run> =>
    run(
      ...['bootstrap', 'git', '--url', url, '--path', path, ...chart],
      ...['--private-key-file', join(files, 'key'), '--known-hosts-file', join(files, hosts)],
    );
  const refused = await overSsh('clusters/ssh', 'other_hosts');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('is not in known_hosts of the command line');
  const first = await overSsh('clusters/ssh', 'known_hosts');
  expect({ stderr: first.stderr, code: first.code }).toEqual({ stderr: '', code: 0 });
  expect(first.stdout).toMatch(/✔ committed [0-9a-f]{8} to main\n/);
  const row = await own.untilReady('Kustomization', own.name);
  const head = await fleet.git('-C', fleet.path, 'rev-parse', 'main');
  expect(row.status.lastAppliedRevision).toBe(`main@sha1:${head.trim()}`);
  const other = await overSsh('clusters/other', 'known_hosts');
  expect(other.stdout).toMatch(/✔ committed [0-9a-f]{8} to main\n/);
  for (const { stdout, stderr } of [refused, first, other]) {
    expect(stdout + stderr).not.toContain('canary-passphrase');
  }
});
