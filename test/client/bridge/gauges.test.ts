import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { KubeObject } from '../../../activities/cluster/object.ts';
import { createGauges } from '../../../client/bridge/gauges.ts';

const app = (ready: string, suspend = false): KubeObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'app', namespace: 'apps', labels: { 'toolkit.fluxcd.io/tenant': 'dev' } },
  spec: {
    suspend,
    kubeConfig: { secretRef: { name: 'prod' } },
    sourceRef: { kind: 'GitRepository', name: 'repo' },
  },
  status: {
    conditions: [{ type: 'Ready', status: ready, reason: 'HealthCheckFailed' }],
    lastAppliedRevision: 'r1',
  },
});

test('the state of an object is measured, and nothing is left of one that is gone', async () => {
  const registry = new Registry();
  const gauges = createGauges(registry);
  gauges.put('Kustomization', app('True'));
  gauges.put('Kustomization', app('False', true));
  const text = await registry.metrics();
  const labels = 'kind="Kustomization",name="app",namespace="apps"';
  expect(text).toContain(`gotk_reconcile_condition{${labels},type="Ready",status="True"} 0`);
  expect(text).toContain(`gotk_reconcile_condition{${labels},type="Ready",status="False"} 1`);
  expect(text).toContain(`gotk_suspend_status{${labels}} 1`);
  expect(text).toMatch(
    /gotk_resource_info\{.*customresource_kind="Kustomization".*exported_namespace="apps".*ready="False",suspended="true",revision="r1",source_name="repo"\} 1/,
  );
  expect(text).toMatch(
    /sluice_resource_info\{.*name="app",ready="False",suspended="true",kind="Kustomization",tenant="dev",cluster="prod",reason="HealthCheckFailed",stalled="False"\} 1/,
  );
  gauges.remove('Kustomization', app('True'));
  expect(await registry.metrics()).not.toContain('name="app"');
  gauges.put('Kustomization', app('True'));
  gauges.keep('GitRepository', []);
  expect(await registry.metrics()).toContain('name="app"');
  gauges.keep('Kustomization', []);
  expect(await registry.metrics()).not.toContain('name="app"');
});

test.each([
  ['Bucket', { endpoint: 's3', bucketName: 'apps' }, {}, 'endpoint="s3",bucket_name="apps"'],
  ['OCIRepository', { url: 'oci://r/a' }, { artifact: { revision: 'v1' } }, 'revision="v1"'],
  ['HelmRepository', { url: 'https://charts' }, {}, 'url="https://charts"'],
  ['HelmChart', { chart: 'web', version: '1.x' }, {}, 'chart_name="web",chart_version="1.x"'],
  [
    'HelmRelease',
    { chartRef: { name: 'web' } },
    { history: [{ chartName: 'web', chartVersion: '1.2.3', appVersion: 'v9' }] },
    'revision="1.2.3",chart_name="web",chart_app_version="v9",chart_source_name="",chart_ref_name="web"',
  ],
  ['Receiver', {}, { webhookPath: '/hook/a' }, 'webhook_path="/hook/a"'],
  ['ImageRepository', { image: 'r/web' }, {}, 'image="r/web"'],
  ['ImagePolicy', { imageRepositoryRef: { name: 'web' } }, {}, 'source_name="web"'],
])('gotk_resource_info of a %s has its labels', async (kind, spec, status, expected) => {
  const registry = new Registry();
  const metadata = { name: 'one', namespace: 'apps' };
  createGauges(registry).put(kind, { apiVersion: 'g/v1', kind, metadata, spec, status });
  const text = await registry.metrics();
  expect(text.split('\n').find((line) => line.startsWith('gotk_resource_info{'))).toContain(
    expected,
  );
});
