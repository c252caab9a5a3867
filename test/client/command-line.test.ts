import { expect, test } from 'vitest';
import { BridgeSettings } from '../../client/bridge/settings.ts';
import { readCommandLine } from '../../client/command-line.ts';
import { idleOnBridge, idleOnWorker } from '../../client/flux-flags.ts';
import { readSettings } from '../../client/service-settings.ts';
import { WorkerSettings } from '../../worker/settings.ts';

function settingsOf(...args: string[]): WorkerSettings {
  const { settings = {} } = readCommandLine(args, WorkerSettings) as {
    settings?: Record<string, string>;
  };
  return readSettings(WorkerSettings, settings);
}

test.each([
  [['--max-deletions=20%'], { SLUICE_MAX_DELETIONS: '20%' }],
  [['--no-remote-bases'], { SLUICE_NO_REMOTE_BASES: true }],
  [['--no-remote-bases=true'], { SLUICE_NO_REMOTE_BASES: true }],
  [['--no-remote-bases=false'], { SLUICE_NO_REMOTE_BASES: false }],
  [['--concurrent', '4', '--no-cross-namespace-refs'], { SLUICE_CONCURRENT: 4 }],
  [['--default-service-account=deployer'], { SLUICE_DEFAULT_SERVICE_ACCOUNT: 'deployer' }],
  [['--temporal-address=t:7233'], { TEMPORAL_ADDRESS: 't:7233' }],
  [['--requeue-dependency=5s'], { SLUICE_REQUEUE_DEPENDENCY: 5000 }],
  [['--insecure-kubeconfig-exec=false'], { SLUICE_INSECURE_KUBECONFIG_EXEC: false }],
  [
    ['--override-manager=a,b', '--override-manager=c'],
    { SLUICE_OVERRIDE_MANAGER: ['a', 'b', 'c'] },
  ],
  [
    ['--custom-apply-stage-kinds=rbac.authorization.k8s.io/Role, Secret,/Service'],
    { SLUICE_CUSTOM_APPLY_STAGE_KINDS: ['rbac.authorization.k8s.io/Role', '/Secret', '/Service'] },
  ],
])('%j', (args, expected) => {
  expect(settingsOf(...args)).toMatchObject(expected);
});

test.each([
  [['--max-deletions=few'], 'SLUICE_MAX_DELETIONS: "few" is no budget'],
  [['--no-such-flag'], 'there is no flag --no-such-flag'],
  [['stray'], 'there is no flag stray'],
  [['--concurrent=none'], 'SLUICE_CONCURRENT'],
  [['--requeue-dependency=5'], 'SLUICE_REQUEUE_DEPENDENCY: write a duration'],
  [['--insecure-kubeconfig-exec'], 'commands of kubeconfigs are never run'],
  [['--log-encoding=console'], 'json is the only encoding'],
  [['--feature-gates=Nonsense=true'], 'there is no gate Nonsense; there are AdditiveCEL'],
  [['--feature-gates=DisableConfigWatchers'], "'DisableConfigWatchers' is no gate"],
  [['--custom-apply-stage-kinds=apps/v1/Role'], "'apps/v1/Role' is no kind"],
])('%j is refused', (args, fault) => {
  expect(() => settingsOf(...args)).toThrow(fault);
});

test('the help names every flag, its variable and its default', () => {
  const { help = '' } = readCommandLine(['--help'], WorkerSettings);
  for (const name of Object.keys(WorkerSettings.shape)) expect(help).toContain(name);
  expect(help).toContain('--concurrent ');
  expect(help).toContain('(20)');
  expect(help).toContain('(StrictPostBuildSubstitutions=true,');
});

test('feature gates have defaults, are opened and closed by name, and tell what has no effect', () => {
  const gates = (text: string): object =>
    settingsOf(`--feature-gates=${text}`).SLUICE_FEATURE_GATES;
  expect(settingsOf().SLUICE_FEATURE_GATES).toEqual({
    open: {
      StrictPostBuildSubstitutions: true,
      ExternalArtifact: true,
      DisableFailFastBehavior: false,
      AdditiveCELDependencyCheck: false,
      CancelHealthCheckOnNewRevision: true,
      DisableConfigWatchers: false,
    },
    idle: {},
  });
  const twice = [
    '--feature-gates=DisableConfigWatchers=true',
    '--feature-gates=GroupChangeLog=true',
  ];
  expect(settingsOf(...twice).SLUICE_FEATURE_GATES).toMatchObject({
    open: { DisableConfigWatchers: true },
    idle: { GroupChangeLog: expect.any(String) as string },
  });
  expect(gates('StrictPostBuildSubstitutions=false,DirectSourceFetch=true')).toMatchObject({
    open: { StrictPostBuildSubstitutions: false },
    idle: { DirectSourceFetch: expect.stringContaining('API server itself') as string },
  });
});

test('the arguments of a Deployment of Flux are taken by both services', () => {
  const args = [
    '--events-addr=http://notification-controller.flux-system.svc.cluster.local./',
    '--watch-all-namespaces=true',
    '--log-level=info',
    '--log-encoding=json',
    '--enable-leader-election',
    '--concurrent=10',
    '--requeue-dependency',
    '5s',
    '--kube-api-qps',
    '500',
  ];
  const worker = readCommandLine(args, WorkerSettings, idleOnWorker);
  expect(worker).toMatchObject({
    settings: { SLUICE_CONCURRENT: '10', SLUICE_REQUEUE_DEPENDENCY: '5s' },
    idle: ['--events-addr', '--watch-all-namespaces', '--enable-leader-election', '--kube-api-qps'],
  });
  const bridge = readCommandLine(args, BridgeSettings, idleOnBridge);
  expect(bridge).toMatchObject({ settings: { SLUICE_WATCH_ALL_NAMESPACES: 'true' } });
  expect(bridge).toHaveProperty('idle', [
    '--events-addr',
    '--enable-leader-election',
    '--concurrent',
    '--requeue-dependency',
    '--kube-api-qps',
  ]);
});

test('no flag both acts and is without effect', () => {
  const flags = (schema: typeof WorkerSettings | typeof BridgeSettings): string[] =>
    Object.keys(schema.shape).map(
      (name) => `--${name.replace('SLUICE_', '').toLowerCase().replaceAll('_', '-')}`,
    );
  expect(flags(WorkerSettings).filter((flag) => flag in idleOnWorker)).toEqual([]);
  expect(flags(BridgeSettings).filter((flag) => flag in idleOnBridge)).toEqual([]);
});

test.each([['a in (b,c),!d'], ['!sharding.fluxcd.io/key']])('%s is a label selector', (text) => {
  const given = { SLUICE_WATCH_LABEL_SELECTOR: text };
  expect(readSettings(BridgeSettings, given)).toMatchObject(given);
  const wrong = { SLUICE_WATCH_LABEL_SELECTOR: `${text}, a b` };
  expect(() => readSettings(BridgeSettings, wrong)).toThrow('is no requirement on a label');
});
