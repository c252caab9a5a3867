import { expect, test } from 'vitest';
import { readCommandLine } from '../../worker/command-line.ts';
import { readSettings, WorkerSettings } from '../../worker/settings.ts';

function settingsOf(...args: string[]): WorkerSettings {
  const { settings = {} } = readCommandLine(args, WorkerSettings) as {
    settings?: Record<string, string>;
  };
  return readSettings(settings);
}

test.each([
  [['--no-remote-bases'], { SLUICE_NO_REMOTE_BASES: true }],
  [['--no-remote-bases=true'], { SLUICE_NO_REMOTE_BASES: true }],
  [['--no-remote-bases=false'], { SLUICE_NO_REMOTE_BASES: false }],
  [['--concurrent', '4', '--no-cross-namespace-refs'], { SLUICE_CONCURRENT: 4 }],
  [['--default-service-account=deployer'], { SLUICE_DEFAULT_SERVICE_ACCOUNT: 'deployer' }],
  [['--temporal-address=t:7233'], { TEMPORAL_ADDRESS: 't:7233' }],
  [
    ['--custom-apply-stage-kinds=rbac.authorization.k8s.io/Role, Secret,/Service'],
    { SLUICE_CUSTOM_APPLY_STAGE_KINDS: ['rbac.authorization.k8s.io/Role', '/Secret', '/Service'] },
  ],
])('%j', (args, expected) => {
  expect(settingsOf(...args)).toMatchObject(expected);
});

test.each([
  [['--no-such-flag'], 'there is no flag --no-such-flag'],
  [['stray'], 'there is no flag stray'],
  [['--concurrent=none'], 'SLUICE_CONCURRENT'],
  [['--custom-apply-stage-kinds=apps/v1/Role'], "'apps/v1/Role' is no kind"],
])('%j is refused', (args, fault) => {
  expect(() => settingsOf(...args)).toThrow(fault);
});

test('the help names every flag, its variable and its default', () => {
  const { help = '' } = readCommandLine(['--help'], WorkerSettings);
  for (const name of Object.keys(WorkerSettings.shape)) expect(help).toContain(name);
  expect(help).toContain('--concurrent ');
  expect(help).toContain('(20)');
});
