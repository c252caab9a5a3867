import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { KubeObject } from '../../../activities/cluster/object.ts';
import { createGauges } from '../../../client/bridge/gauges.ts';

const app = (ready: string, suspend = false): KubeObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'app', namespace: 'apps' },
  spec: { suspend, sourceRef: { kind: 'GitRepository', name: 'repo' } },
  status: { conditions: [{ type: 'Ready', status: ready }], lastAppliedRevision: 'r1' },
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
  gauges.remove('Kustomization', app('True'));
  expect(await registry.metrics()).not.toContain('name="app"');
  gauges.put('Kustomization', app('True'));
  gauges.keep('GitRepository', []);
  expect(await registry.metrics()).toContain('name="app"');
  gauges.keep('Kustomization', []);
  expect(await registry.metrics()).not.toContain('name="app"');
});
