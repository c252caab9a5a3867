import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { KubeObject } from '../../../activities/cluster/object.ts';
import { createLatency } from '../../../client/bridge/latency.ts';

const metadata = { namespace: 'apps' };

const source = (revision: string): KubeObject => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: { ...metadata, name: 'repo' },
  status: {
    artifact: {
      revision,
      lastUpdateTime: '2026-01-01T00:00:30Z',
      metadata: { 'sluice.dev/committed-at': '2026-01-01T00:00:00Z' },
    },
  },
});

const app = (lastAppliedRevision?: string): KubeObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { ...metadata, name: 'app' },
  spec: { sourceRef: { kind: 'GitRepository', name: 'repo' } },
  status: lastAppliedRevision ? { lastAppliedRevision } : {},
});

test('the age of a revision is measured once, when it is seen applied', async () => {
  const registry = new Registry();
  const latency = createLatency(registry, () => Date.parse('2026-01-01T00:00:45Z'));
  latency.put('GitRepository', source('r1'));
  latency.put('Kustomization', app());
  latency.put('Kustomization', app('r1'));
  latency.put('Kustomization', app('r1'));
  const text = await registry.metrics();
  expect(text).toContain('sluice_applied_latency_seconds_sum{from="commit"} 45');
  expect(text).toContain('sluice_applied_latency_seconds_sum{from="artifact"} 15');
  expect(text).toContain('sluice_applied_latency_seconds_count{from="commit"} 1');
});

test('what was applied before the bridge started, or is no revision of the source, is not measured', async () => {
  const registry = new Registry();
  const latency = createLatency(registry);
  latency.put('GitRepository', source('r2'));
  latency.put('Kustomization', app('r2'));
  latency.put('Kustomization', app('r1'));
  const text = await registry.metrics();
  expect(text).toContain('sluice_applied_latency_seconds_count{from="commit"} 0');
});
